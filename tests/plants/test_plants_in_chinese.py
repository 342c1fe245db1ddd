"""What can go wrong with plants is told in Chinese to whoever reads Chinese, and what is remarked of them too."""

import sqlite3

import numpy as np
import pandas as pd
import pytest
from chinese import assert_chinese
from pooling import Owners
from pooling import records as pooled
from standing_plants import records_of
from test_plant_study import made

from waterplan import Goal, benchmark, plant_standing, read_records, write_benchmark, write_template
from waterplan.base.errors import SolverError, WaterplanError
from waterplan.plants.measures import lp_bound
from waterplan.plants.measures.contract import Guaranteed, Project, Shared, settle
from waterplan.plants.measures.plant_plan import PlantPlanner
from waterplan.plants.norms.grades import grades
from waterplan.plants.peers.frontier import efficiency, frontier_tables
from waterplan.plants.pool.keys import read_key, write_key
from waterplan.plants.pool.pool import PeerPool
from waterplan.plants.records.records import Records
from waterplan.plants.standing.standing import plant_year

TAKE = pd.DataFrame({"water": [1.0, 2.0, 3.0]}, index=["A", "B", "C"])
PROJECT = Project(investment=100.0, saving=10.0, saving_value=30.0, running_cost=5.0, life=10)


def mill(products=(("board", "", 1e5, None),), volumes=None, **more):
    return records_of("mill", list(products), volumes or {"withdrawal_ground": 1e6}, province="middle", **more)


def planner(tiny, **levers):
    return PlantPlanner(made(tiny), **levers)


def lost(records):
    """Records whose product is of another year than their plant."""
    return Records(records.sites, records.products.assign(year=2001), records.technologies, records.end_use_shares)


def told(call):
    with pytest.raises(WaterplanError) as caught:
        call()
    assert str(caught.value) == caught.value.text("en") != caught.value.text("zh")
    assert_chinese(caught.value.text("zh"))
    return caught.value


FAULTS = {
    "records of no kind": lambda tiny, path: read_records(3, tiny),
    "no study": lambda tiny, path: read_records(b"", "tiny"),
    "no such file": lambda tiny, path: read_records(path / "no.csv", tiny),
    "no tolerance": lambda tiny, path: read_records(b"", tiny, tolerance=-1),
    "template of no kind": lambda tiny, path: write_template(path / "a.xls", tiny),
    "template of no language": lambda tiny, path: write_template(path / "a.csv", tiny, "fr"),
    "a lost product": lambda tiny, path: grades(lost(mill()), tiny),
    "nothing made": lambda tiny, path: grades(mill(), tiny).remarks("mill", 1999),
    "no returns": lambda tiny, path: efficiency(TAKE, TAKE, "variabel"),
    "other plants": lambda tiny, path: efficiency(TAKE, TAKE.iloc[::-1]),
    "too few on the frontier": lambda tiny, path: efficiency(TAKE, TAKE),
    "a negative input": lambda tiny, path: efficiency(-TAKE, TAKE, enough=3),
    "no input": lambda tiny, path: efficiency(0 * TAKE, TAKE, enough=3),
    "a plant without output": lambda tiny, path: efficiency(TAKE, TAKE - 1, enough=3),
    "no column": lambda tiny, path: frontier_tables(mill(), ["board"], 2017, ["withdrawal_grond"]),
    "peers without columns": lambda tiny, path: benchmark(mill(), tiny, peers=TAKE),
    "a goal of no kind": lambda tiny, path: Goal("money", 1),
    "a goal of no value": lambda tiny, path: Goal("grade", None),
    "a goal of no grade": lambda tiny, path: Goal("grade", "advancd"),
    "a goal of no amount": lambda tiny, path: Goal("budget", -1),
    "a payback of nought": lambda tiny, path: Goal("payback", 0),
    "a goal that is none": lambda tiny, path: plant_standing(mill(), "mill", 2017, tiny, goal="grade"),
    "no such plant": lambda tiny, path: plant_year(mill(), "mil", 2017),
    "another year": lambda tiny, path: plant_year(mill(), "mill", 1999),
    "peers of no kind": lambda tiny, path: benchmark(mill(), tiny, peers="publishd"),
    "an answer of no kind": lambda tiny, path: write_benchmark(None, path / "a.xls"),
    "an answer of no language": lambda tiny, path: write_benchmark(None, path / "a.csv", "fr"),
    "a lever of no meaning": lambda tiny, path: planner(tiny, saving_target=3),
    "nothing to reach": lambda tiny, path: planner(tiny).reach(),
    "no number to reach": lambda tiny, path: planner(tiny).reach(withdrawal=np.nan),
    "out of reach": lambda tiny, path: planner(tiny).reach(withdrawal=1.0),
    "no such product": lambda tiny, path: planner(tiny).reach(intensity={"bord": 1.0}),
    "no intensity": lambda tiny, path: planner(tiny).reach(intensity={"board": 1.0}),
    "no budget": lambda tiny, path: planner(tiny).within_budget(-1),
    "no years": lambda tiny, path: planner(tiny).paying_back(0),
    "no project": lambda tiny, path: Project(-1.0, 1.0, 1.0, 1.0, 3),
    "no life": lambda tiny, path: Project(1.0, 1.0, 1.0, 1.0, 0),
    "nothing to share": lambda tiny, path: Project.of(planner(tiny).within_budget(0)),
    "no shares": lambda tiny, path: settle(PROJECT, Shared(2.0, 99, company_rate=9.0), achieved=-1.0),
    "no guarantee": lambda tiny, path: settle(PROJECT, Guaranteed(np.inf, 5)),
    "no province": lambda tiny, path: made(tiny, province="norht"),
    "no such product made": lambda tiny, path: made(tiny, {"bord": (1.0, None)}),
    "no such technology": lambda tiny, path: made(tiny, in_place=[("board", "meterin")]),
    "no output": lambda tiny, path: made(tiny, {"board": (np.nan, None), "plate": (0.0, 0.0)}),
    "no withdrawal": lambda tiny, path: made(tiny, ground=0.0),
    "more than the site": lambda tiny, path: made(tiny, {"board": (1e5, 2e6)}),
    "nothing left": lambda tiny, path: made(tiny, {"board": (1e5, 1e6), "plate": (1e5, None)}),
    "no shares of end uses": lambda tiny, path: made(tiny, shares=[("board", "cooling", 0.2)]),
    "no address": lambda tiny, path: PeerPool.open("mysql://host/name"),
    "a folder for a pool": lambda tiny, path: PeerPool.open(str(path)),
    "nowhere for a pool": lambda tiny, path: PeerPool.open("/dev/null/peers"),
    "no key": lambda tiny, path: read_key(path / "no.key"),
    "a place for a key": lambda tiny, path: write_key(path / "no" / "a.key", "x"),
    "cells of no kind": lambda tiny, path: PeerPool.cell("", "", None),
    "an output of nought": lambda tiny, path: PeerPool.cell("brick", "", 0.0),
    "an output beyond all": lambda tiny, path: PeerPool.cell("brick", "", 1e99),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_chinese(fault, tiny, tmp_path):
    told(lambda: FAULTS[fault](tiny, tmp_path))


def test_faults_of_a_pool_are_told_in_chinese(tmp_path, monkeypatch):
    owners = Owners(tmp_path / "peers.sqlite")
    pool = owners.pool
    key = pool.issue_key(tmp_path / "a.key")
    odd = pooled([("", "brick", "", -1.0, 1.0), ("B", "", "x\0", 1e99, 1.0), ("C", "brick", "", 1.0, 1.0)])
    odd.products.loc[2, "plant"] = "D"
    odd.products["output"] = odd.products["output"].astype(object)
    odd.products.loc[2, "output"] = "many"
    twice = pooled([("A", "brick", "", 1.0, 1.0)] * 2)
    bare = Records(odd.sites, odd.products[["plant"]], odd.technologies, odd.end_use_shares)
    for call in (
        lambda: pool.statistics(("brick",)),
        lambda: pool.release(),
        lambda: pool.withdraw(key, "no such"),
        lambda: pool.withdraw("x" * 43, "no such"),
        lambda: pool.withdraw("short"),
        lambda: pool.withdraw(7),
        lambda: pool.withdraw(key, 7),
        lambda: pool.submit(odd, key),
        lambda: pool.submit(twice, key),
        lambda: pool.submit(bare, key),
        lambda: pool.submit("records", key),
        lambda: pool.seed("study"),
        lambda: pool.export("\0"),
        lambda: pool.issue_key(tmp_path / "a.key"),
    ):
        told(call)
    pool.close()
    with sqlite3.connect(tmp_path / "peers.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'later'")
    told(lambda: PeerPool.open(str(tmp_path / "peers.sqlite")))
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    told(lambda: PeerPool.open(str(tmp_path / "other.sqlite")))
    (tmp_path / "text.sqlite").write_text("no database" * 99)
    told(lambda: PeerPool.open(str(tmp_path / "text.sqlite")))


def test_a_pool_that_somebody_else_writes_in_says_so_in_chinese(tmp_path):
    path = tmp_path / "peers.sqlite"
    PeerPool.open(str(path)).close()
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        told(lambda: PeerPool.open(str(path), wait=0.01))
    other.close()


def test_solvers_that_end_without_an_answer_say_so_in_chinese(tiny, monkeypatch):
    plans = planner(tiny)
    monkeypatch.setattr(lp_bound, "largest_saving", lambda *_: None)
    assert isinstance(told(lambda: plans.within_budget(1e6)), SolverError)


BOARD, PLATE, GOLD = ("board", "", 1e5, None), ("plate", "", 1e5, None), ("gold", "", 1.0, 1.0)


@pytest.mark.parametrize("volumes", [{"withdrawal_ground": 1e6}, {"withdrawal_sea": 1e6, "withdrawal_ground": 1e5}, {}])
@pytest.mark.parametrize("products", [(BOARD,), (PLATE,), (BOARD, GOLD)])
def test_notes_of_a_plant_are_told_in_chinese(tiny, products, volumes):
    one = plant_standing(mill(products, volumes, in_place=["metering"]), "mill", 2017, tiny)
    assert one.notes("zh")
    for note in one.notes("zh"):
        assert_chinese(note)
    assert len(one.notes("en")) == len(one.notes("zh"))


def test_what_keeps_a_plant_from_being_planned_for_is_told_in_chinese(tiny):
    records = mill((("board", "", np.nan, None), ("plate", "", 1.0, 0.0)))
    fault = plant_standing(records, "mill", 2017, tiny).plan_fault
    empty, nothing = "output: board: empty. Give the year's output.", "withdrawal: plate: 0. A product that is made"
    assert fault == f"No plan: {empty}; {nothing} withdraws water."
    assert_chinese(fault.text("zh"))
