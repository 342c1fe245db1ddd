"""What users of each landed version have saved still opens: support/keeping.py has written it, and says what it is."""

import json
import shutil

import numpy as np
import pytest
from keeping import PASSWORD
from places import TESTS

from dashboards.link import scenario_of
from dashboards.passwords import Users
from waterplan import PeerPool, Plan, Planner, Scenario, open_runs, open_study, read_records, scenario_files
from waterplan.base.errors import DataError
from waterplan.plants.records.headers import bare
from waterplan.plants.records.names import former_names
from waterplan.plants.records.record_cells import lookup

VERSIONS = sorted(path for path in (TESTS / "kept").iterdir() if path.is_dir())


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda path: path.name)
def kept(request):
    """The folder of a version."""
    return request.param


@pytest.fixture(scope="module")
def told(kept):
    """What the version said of it."""
    return json.loads((kept / "kept.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def own(kept):
    """The study of a user of that version."""
    return open_study(kept / "study")


@pytest.fixture(scope="module")
def shipped_before(tmp_path_factory):
    """The shipped study of both versions, which tells nothing of turnover, barriers and consumption."""
    folder = tmp_path_factory.mktemp("before") / "china-2015"
    shutil.unpack_archive(TESTS / "kept" / "0.2.0" / "china-2015.zip", folder)
    return open_study(folder)


def test_a_version_is_kept():
    assert VERSIONS


def test_links_lead_to_the_scenarios_of_which_they_were_made(kept, told, china):
    known = {path.stem: Scenario.read(path) for path in scenario_files()}
    for name, file in (("china", Scenario.read(kept / "scenarios" / "china.toml")), ("reference", known["reference"])):
        opened = scenario_of(f"v=1&{told['links'][name]}", china, known)
        assert opened.digest(china) == file.digest(china)
        assert opened.title == file.title


def test_scenario_files_are_read_and_planned(kept, told, own):
    scenario = Scenario.read(kept / "scenarios" / "tiny.toml")
    assert (scenario.headline("zh"), scenario.exclude) == ("节水六十，征收碳价", ("metering",))
    found = Planner(own).solve(scenario)
    assert found.ledger.annual_cost == pytest.approx(told["plans"]["tiny"]["annual_cost"])


def test_plans_open_with_the_figures_they_had(kept, told, own):
    plan = Plan.open(kept / "plan-tiny.nc", own)
    assert {name: float(plan.dataset[name].sum()) for name in told["plans"]["tiny"]} == told["plans"]["tiny"]
    assert plan.certify().ok


def test_a_plan_of_the_shipped_study_opens_with_the_study_it_was_made_of(kept, told, shipped_before):
    plan = Plan.open(kept / "plan-china.nc", shipped_before)
    assert {name: float(plan.dataset[name].sum()) for name in told["plans"]["china"]} == told["plans"]["china"]
    assert plan.certify().ok


def test_with_a_study_revised_since_the_refusal_says_what_to_do(kept, china, shipped_before):
    assert china.digest != shipped_before.digest
    with pytest.raises(DataError, match=r"Open it with the study it was made of .* or solve its scenario"):
        Plan.open(kept / "plan-china.nc", china)


def test_the_revised_study_gives_that_plan_again(kept, told, china):
    plan = Plan.of(Planner(china).solve(Scenario.read(kept / "scenarios" / "china.toml")))
    found = {name: float(plan.dataset[name].sum()) for name in told["plans"]["china"]}
    assert found == pytest.approx(told["plans"]["china"], rel=1e-12)


def test_a_store_of_runs_opens_with_the_runs_it_had(kept, told, tmp_path):
    shutil.unpack_archive(kept / "runs.zarr.zip", tmp_path / "runs.zarr")
    runs = open_runs(tmp_path / "runs.zarr")
    assert runs["state"].values.tolist() == told["runs"]["states"]
    assert float(np.nansum(runs["annual_cost"].values)) == told["runs"]["annual_cost"]


def test_a_pool_tells_what_it_told(kept, told, tmp_path):
    shutil.copy(kept / "pool.sqlite", tmp_path / "pool.sqlite")
    with PeerPool.open(str(tmp_path / "pool.sqlite")) as pool:
        found = pool.statistics(PeerPool.cell("beer", "", 2e6))
    assert [list(one) for one in found.deciles] == told["deciles"]


def test_users_are_admitted_with_their_passwords(kept):
    assert Users.read(kept / "users.toml").admits("li", PASSWORD)


@pytest.mark.parametrize("catalogue", ["products", "technologies", "end_uses", "provinces"])
def test_records_may_call_things_as_the_study_of_then_did(catalogue, china, shipped_before):
    known = lookup(getattr(china, catalogue), former_names(catalogue))
    for key, row in getattr(shipped_before, catalogue).iterrows():
        assert (known[bare(row["name_zh"])], known[bare(row["name_en"])]) == (key, key)


def test_every_former_name_is_one_of_the_study_of_then_and_of_nothing_else_today(china, shipped_before):
    for catalogue in ("products", "technologies", "end_uses"):
        before, now = (dict(getattr(one, catalogue)["name_zh"]) for one in (shipped_before, china))
        for name, key in former_names(catalogue).items():
            assert before[key] == name != now[key]
            assert bare(name) not in {bare(one) for one in now.values()}


def test_records_of_plants_are_read(kept, china):
    assert len(read_records(kept / "records.csv", china).sites)
