"""Writes what users of this version may have saved, for later versions to open:
``python tests/support/keeping.py FOLDER``.

The shipped study and one of their own, scenario files, links, plans, a store of runs, a pool of peers, users with
their passwords, and records of plants; beside them what they are, in kept.json. tests/house/test_kept.py opens it all.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from batching import run, write_design
from places import TINY
from pooling import Owners

import waterplan
from dashboards.link import encode_scenario
from dashboards.passwords import add_user
from waterplan import PeerPool, Plan, Planner, Scenario, open_runs, open_study
from waterplan.study.study import shipped

SCENARIO = """\
title = {{ en = "Sixty, with a price on carbon", zh = "节水六十，征收碳价" }}
why = "The council decided it."
exclude = ["metering"]

[levers]
saving_target = 60
carbon_price = 50
sector_floor = {{ steel = 0.05 }}

[[set]]
name = "{name}"
where = {{ province = "{province}" }}
value = {value}
unit = "CNY/m3"
source = "Invoice of the works, 2016, read by its clerk"
basis = "measured"
"""
PASSWORD = "a password of the test"


def scenarios(folder: Path) -> dict[str, Scenario]:
    """A scenario file of the tiny study, one of the shipped study that extends another, and both as read."""
    folder.mkdir()
    tiny = folder / "tiny.toml"
    tiny.write_text(SCENARIO.format(name="water_price", province="north", value=3.5), encoding="utf-8")
    china = folder / "china.toml"
    china.write_text(
        'title = "More, in paper"\nextends = "reference"\n\n[levers]\nsaving_target = 2400\n'
        "sector_floor = { paper = 0.1 }\ninvestment_cap = 30000\n",
        encoding="utf-8",
    )
    return {"tiny": Scenario.read(tiny), "china": Scenario.read(china)}


def figures(plan: Plan) -> dict[str, float]:
    """Figures by which a plan is known again."""
    names = ("annual_cost", "shadow_price", "counted_saving", "investment")
    return {name: float(plan.dataset[name].sum()) for name in names}


def write_plans(folder: Path, tiny: Scenario, china: Scenario) -> dict[str, dict[str, float]]:
    """A plan of each study as NetCDF, and one as tables and as a workbook."""
    found = {}
    for name, study, scenario in (("tiny", open_study(folder / "study"), tiny), ("china", open_study(), china)):
        plan = Plan.of(Planner(study).solve(scenario))
        plan.save(folder / f"plan-{name}.nc")
        found[name] = figures(plan)
        if name == "tiny":
            plan.to_csv(folder / "plan-tiny")
            plan.to_excel(folder / "plan-tiny.xlsx")
    return found


def write_runs(folder: Path) -> dict[str, object]:
    """A store of a few runs, packed as one file; their states, and the sum of their cost."""
    design = write_design(folder, 4)
    run(design, folder / "runs.zarr", "--workers", "0")
    runs = open_runs(folder / "runs.zarr")
    told = {"states": runs["state"].values.tolist(), "annual_cost": float(np.nansum(runs["annual_cost"].values))}
    runs.close()
    shutil.make_archive(str(folder / "runs.zarr"), "zip", folder / "runs.zarr")
    shutil.rmtree(folder / "runs.zarr")
    return told


def write_pool(folder: Path) -> list[list[float]]:
    """A pool of fourteen owners and one release; what it tells."""
    owners = Owners(folder / "pool.sqlite")
    owners.join(14, "beer", np.linspace(3.0, 9.0, 14))
    owners.pool.release()
    told = owners.pool.statistics(PeerPool.cell("beer", "", 2e6)).deciles
    owners.pool.close()
    return [list(one) for one in told]


def keep(folder: Path) -> None:
    """Everything, in a new folder."""
    folder.mkdir(parents=True)
    shutil.copytree(TINY, folder / "study")
    shutil.make_archive(str(folder / "china-2015"), "zip", shipped())
    saved = scenarios(folder / "scenarios")
    known = {path.stem: Scenario.read(path) for path in waterplan.scenario_files()}
    links = {"china": encode_scenario(saved["china"], known), "reference": encode_scenario(known["reference"], known)}
    kept = {
        "version": waterplan.__version__,
        "links": links,
        "plans": write_plans(folder, saved["tiny"], saved["china"]),
        "runs": write_runs(folder),
        "deciles": write_pool(folder),
    }
    add_user(folder / "users.toml", "li", PASSWORD)
    shutil.copy(TINY.parents[1] / "docs" / "examples" / "plants.csv", folder / "records.csv")
    (folder / "kept.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
