"""Stores that disks, hands and strangers have changed: told by the name of the file, or right, and planned anew."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from batching import same
from damaging import KINDS, damaged, drawn
from places import TESTS

from waterplan import Design, open_answers, open_runs, robust, run_batch
from waterplan.base.errors import DataError, ScenarioError, WaterplanError
from waterplan.planning.batch.digests import FOLDER, MADE, digest_of, list_below, write_list
from waterplan.planning.batch.runs_dataset import open_flat
from waterplan.study.scenario import Scenario

DESIGN = Design().sample(23, {"saving_target": [20, 320]}, study="kind").keeping(chunk=5)
SEED = 20151120


def plan(store, study):
    return run_batch(DESIGN, store, study, workers=0, tell=lambda progress: None)


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    store = tmp_path_factory.mktemp("whole") / "runs.zarr"
    plan(store, tiny)
    return store


@pytest.fixture
def store(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / "runs.zarr"))


@pytest.fixture(scope="module")
def old(whole, tmp_path_factory):
    """As stores were before there were digests."""
    store = Path(shutil.copytree(whole, tmp_path_factory.mktemp("old") / "runs.zarr"))
    shutil.rmtree(store / FOLDER)
    for name in (".zattrs", ".zmetadata"):
        said = json.loads((store / name).read_text())
        attrs = said["metadata"][".zattrs"] if "metadata" in said else said
        del attrs["digests"]
        (store / name).write_text(json.dumps(said))
    return store


def files_of(store):
    return sorted(file for file in store.rglob("*") if file.is_file() and file.name != ".lock")


def refusal(work):
    """What is said when something is refused; empty where it is not."""
    try:
        work()
    except WaterplanError as error:
        return str(error)
    return ""


def agrees(runs, truth):
    """How many runs are missing; fails where a run that is not has another value, or an input is another."""
    there = runs["state"].values != "missing"
    for name, array in truth.variables.items():
        ours, theirs = runs[name].values, array.values
        if name in truth.data_vars and array.dims[:1] == ("run",):
            ours, theirs = ours[there], theirs[there]
        np.testing.assert_array_equal(ours, theirs, err_msg=str(name))
    assert runs.attrs == truth.attrs
    return int((~there).sum())


MANY = pytest.mark.long


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("flipped", 20),
        ("truncated", 10),
        ("zeroed", 5),
        ("deleted", 5),
        *(
            pytest.param(*one, marks=MANY)
            for one in (("flipped", 200), ("truncated", 25), ("zeroed", 10), ("deleted", 10))
        ),
    ],
)
def test_damage_is_told_by_the_name_of_the_file_or_the_values_are_right(store, kind, count):
    truth, rng = open_flat(store).load(), np.random.default_rng(SEED)
    told = 0
    for file in drawn(files_of(store), count, rng):
        with damaged(file, kind, rng):
            said = refusal(lambda: agrees(open_flat(store).load(), truth))
            told += bool(said)
            assert not said or f"{file.relative_to(store).as_posix()}: damaged" in said or ": lost" in said, said
    assert told >= count / 4 or kind == "deleted"
    agrees(open_flat(store).load(), truth)


@pytest.mark.parametrize("name", ["annual_cost/2", "saving_by_sector/2.0", "state/2", ".digests/2"])
def test_a_chunk_of_which_a_file_is_lost_is_missing_and_never_optimal(store, whole, tiny, name):
    (store / name).unlink()
    runs, truth = open_flat(store).load(), open_flat(whole).load()
    assert np.flatnonzero(runs["state"].values == "missing").tolist() == [10, 11, 12, 13, 14]
    assert agrees(runs, truth) == 5
    opened = plan(store, tiny)
    assert opened.renewed == {2}
    assert opened.runs_in(opened.renewed) == 5
    same(store, whole)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_command_plans_damaged_runs_anew_and_mends_the_store(store, whole, tiny, kind):
    rng = np.random.default_rng(SEED)
    files = [file for file in files_of(store) if file.relative_to(store).parts[0] != "done"]
    made = [file for file in files if file.suffix == ".zarray"]
    the_list = store / FOLDER / MADE
    for spoilt in ({*drawn(files, 8, rng), store / "first" / "0", *made[:2]} - {the_list}, {the_list}):
        for file in spoilt:
            content = KINDS[kind](file.read_bytes(), rng)
            file.unlink() if content is None else file.write_bytes(content)
        plan(store, tiny)
        same(store, whole)
        assert open_flat(store).attrs == open_flat(whole).attrs


def test_a_store_of_another_version_that_is_damaged_is_not_mended_but_told(store, tiny):
    made = {**json.loads((store / ".zattrs").read_text()), "title": "of another version"}
    (store / ".zattrs").write_text(json.dumps(made))
    (store / ".zmetadata").unlink()
    listed = (store / FOLDER / MADE).read_text()
    write_list(store, MADE, {name: digest for name, digest in list_below(store, store).items() if name in listed})
    (store / "first" / "0").write_bytes(b"nonsense")
    with pytest.raises(ScenarioError, match="first/0: damaged: not as it was written"):
        plan(store, tiny)
    assert (store / "first" / "0").read_bytes() == b"nonsense"


def test_a_store_without_digests_opens_says_so_and_is_gone_on_with(old, whole, tiny, tmp_path):
    store = Path(shutil.copytree(old, tmp_path / "runs.zarr"))
    assert open_runs(store).attrs["digests"] == "none"
    assert open_runs(whole).attrs["digests"] == "sha256"
    (store / "done" / "1").unlink()
    opened = plan(store, tiny)
    assert not opened.files.has_digests
    assert not (store / FOLDER).exists()
    same(store, whole)


def test_digests_that_are_taken_away_are_missed(store):
    shutil.rmtree(store / FOLDER)
    with pytest.raises(DataError, match=r"\.digests/made: lost"):
        open_runs(store)


def test_damage_to_the_metadata_of_a_store_without_digests_is_told_in_words(old, tmp_path):
    store, rng = Path(shutil.copytree(old, tmp_path / "runs.zarr")), np.random.default_rng(SEED)
    for name in (".zattrs", ".zmetadata", "state/.zarray", "first/.zarray"):
        for kind in KINDS:
            with damaged(store / name, kind, rng):
                said = refusal(lambda: open_flat(store))
                assert not said or str(store) in said


@pytest.mark.parametrize(
    "name", ["annual_cost", "annual_cost/1", "annual_cost/.zarray", "first/0", ".zattrs", ".digests"]
)
@pytest.mark.parametrize("with_digests", [True, False])
def test_a_link_out_of_the_store_is_refused(whole, old, tiny, tmp_path, name, with_digests):
    if name == ".digests" and not with_digests:
        return
    store = Path(shutil.copytree(whole if with_digests else old, tmp_path / "runs.zarr"))
    (store / ".zmetadata").unlink()  # which would spare the reading of the others
    outside = tmp_path / "outside"
    shutil.move(store / name, outside)
    (store / name).symlink_to(outside)
    with pytest.raises(WaterplanError, match=r"a link; a store keeps all in itself|damaged"):
        open_flat(store).load()
    before = {file: file.read_bytes() for file in files_of(tmp_path) if "runs.zarr" not in file.parts}
    refusal(lambda: plan(store, tiny))  # which may put the file itself in the place of the link
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.parametrize(
    "said",
    [
        {"filters": [{"id": "pickle"}]},
        {"compressor": {"id": "msgpack2"}},
        {"dtype": "|O", "filters": [{"id": "json2"}]},
        {"dtype": "|O"},
        {"shape": [10**12]},
        {"chunks": [10**12]},
    ],
)
@pytest.mark.parametrize("with_digests", [True, False])
def test_arrays_that_no_store_of_ours_has_are_refused_before_they_are_decoded(whole, old, tmp_path, said, with_digests):
    store = Path(shutil.copytree(whole if with_digests else old, tmp_path / "runs.zarr"))
    file = store / "annual_cost" / ".zarray"
    file.write_text(json.dumps(json.loads(file.read_text()) | said))
    (store / ".zmetadata").unlink()
    if with_digests:  # by somebody who knows how the lists are made
        listed = (store / FOLDER / MADE).read_text().splitlines()[1:]
        digests = {line.partition("  ")[2]: line.partition("  ")[0] for line in listed}
        write_list(store, MADE, digests | {"annual_cost/.zarray": digest_of(file.read_bytes())})
    with pytest.raises(DataError, match=r"annual_cost/\.zarray: (kept with the codec|an array of the shape)"):
        open_flat(store).load()


def test_what_stands_in_no_list_is_not_read(store):
    (store / "annual_cost" / "7").write_bytes(b"from elsewhere")
    (store / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    (store / "spoilt").mkdir()
    (store / "spoilt" / ".zarray").write_text("{}")
    (store / ".zmetadata").unlink()
    assert "spoilt" not in open_flat(store).load()


def test_lists_can_be_checked_with_the_tools_of_the_system(store):
    for name in (MADE, "0", "4"):
        subprocess.run(["sha256sum", "--check", "--quiet", f"{FOLDER}/{name}"], cwd=store, check=True)


def test_answers_that_are_damaged_are_told_and_worked_out_again(tiny, tmp_path):
    store, rng = tmp_path / "robust.zarr", np.random.default_rng(SEED)

    def work():
        return robust(Scenario(levers={"saving_target": 60}), tiny, samples=8, store=store, workers=0)

    work()
    truth = open_answers(store).load()
    files = [file for file in files_of(store) if "robust" in file.relative_to(store).as_posix()]
    for kind in KINDS:
        for file in drawn(files, 25, rng):
            with damaged(file, kind, rng):
                found = []
                said = refusal(lambda: found.append(open_answers(store).load()))  # noqa: B023
                assert any(word in said for word in ("damaged", "lost", "no robust answers")) or found[0].equals(truth)
    (store / "robust" / "aim" / "0").write_bytes(b"nonsense")
    assert work().answers.load().equals(truth)
    assert open_answers(store).load().equals(truth)
    assert open_flat(store).load()["state"].shape == (8,)


def test_answers_whose_list_of_digests_is_lost_are_told(tiny, tmp_path):
    store = tmp_path / "robust.zarr"
    robust(Scenario(levers={"saving_target": 60}), tiny, samples=8, store=store, workers=0)
    (store / FOLDER / "robust").unlink()
    with pytest.raises(DataError, match=r"\.digests/robust: lost"):
        open_answers(store).load()


@pytest.fixture
def kept(tmp_path):
    """A store of the first version that users may have, which had no digests."""
    with zipfile.ZipFile(TESTS / "kept" / "0.1.0" / "runs.zarr.zip") as packed:
        packed.extractall(tmp_path / "kept.zarr")
    return tmp_path / "kept.zarr"


def shapes_and_words(runs):
    """What of runs cannot be another number without being noticed."""
    return {str(name): (array.dims, array.shape, array.dtype.kind) for name, array in runs.variables.items()}


@pytest.mark.parametrize(
    ("kind", "count"), [("flipped", 20), ("deleted", 5), *(pytest.param(kind, 100, marks=MANY) for kind in KINDS)]
)
def test_damage_to_a_store_of_an_old_version_is_told_in_words_or_cannot_be_noticed(kept, kind, count):
    truth, rng = open_flat(kept).load(), np.random.default_rng(SEED)
    assert truth.attrs["digests"] == "none"
    told, optimal = 0, int((truth["state"] == "optimal").sum())
    for file in drawn(files_of(kept), count, rng):
        name = file.relative_to(kept).as_posix()
        with damaged(file, kind, rng):
            found = []
            said = refusal(lambda: found.extend([open_runs(kept).load(), open_flat(kept).load()]))  # noqa: B023
            told += bool(said)
            assert not said or name in said or (name in ("first/0", "digest/0") and "first, digest" in said), said
            for runs in found:
                assert runs.attrs == truth.attrs, name
                assert shapes_and_words(runs) == shapes_and_words(truth) or name == "sample_of_run/0", name
                assert runs["annual_cost"].values[runs["state"].values == "optimal"].size in (0, optimal), name
                assert (runs["annual_cost"].notnull() | (runs["state"] != "optimal")).all(), name
    assert told >= count / 4 or kind == "deleted"


@pytest.mark.parametrize("name", ["annual_cost/2", "saving_by_sector/2.0", "state/2"])
@pytest.mark.parametrize("kind", ["truncated", "deleted"])
def test_damaged_runs_of_a_store_without_digests_are_planned_anew(old, whole, tiny, tmp_path, name, kind):
    store = Path(shutil.copytree(old, tmp_path / "runs.zarr"))
    content = KINDS[kind]((store / name).read_bytes(), np.random.default_rng(SEED))
    (store / name).unlink() if content is None else (store / name).write_bytes(content)
    if kind == "deleted":
        assert np.flatnonzero(open_flat(store)["state"].values == "missing").tolist() == [10, 11, 12, 13, 14]
    else:
        with pytest.raises(DataError, match=f"{name}: damaged: .* plans the runs of this chunk anew"):
            open_flat(store).load()
    assert plan(store, tiny).renewed == {2}
    same(store, whole)
