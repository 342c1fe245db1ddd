"""The Benchmark page without a browser: what is kept of a plant, what is shown of it, and what goes to the pool."""

import base64
import gc
import json
import sqlite3
import time
import weakref
from io import BytesIO

import pytest
from openpyxl import load_workbook

pytest.importorskip("panel")

from screens import Screen

from dashboards.answers import Answers
from dashboards.bounds import PLANT_FILE_MAX
from dashboards.plant_form import EXAMPLE, cleaned, example, table_of
from dashboards.plant_tables import table
from dashboards.plants import Work
from waterplan import Goal, plant_standing, read_records, shared_savings
from waterplan.base.errors import DataError, WaterplanError
from waterplan.base.messages import in_language
from waterplan.planning.plan.files.single import pack_table
from waterplan.plants.pool.pool import PeerPool
from waterplan.plants.records.reader import read_table

CARDS = ("ladder", "places", "indicators", "balance", "plan", "curve", "contract")
MILL = "North mill"
HEADINGS = "plant,year,province,surface water (万m³),consumed (万m³),discharged (万m³),product,output,output unit\n"
TWO_YEARS = (
    HEADINGS + f"{MILL},2021,hebei,300,100,195,linerboard,20,万t\n{MILL},2022,hebei,280,90,188,linerboard,20,万t\n"
)


@pytest.fixture(scope="module")
def answers(planner_of_china):
    made = Answers(planner_of_china, kept=12)
    yield made
    made.close()


class Pool:
    """A pool that only remembers what it was told."""

    def __init__(self):
        self.told = []

    def place(self, records):
        raise WaterplanError("There is no release.")

    def submit(self, records, key):
        self.told.append(("submit", [str(plant) for plant, _ in records.sites.index], key))
        return type("Receipt", (), {"taken": 1, "unchanged": 0, "skipped": ()})

    def withdraw(self, key, plant):
        self.told.append(("withdraw", plant, key))
        return 1


class Visitor(Screen):
    """Sees the Benchmark page; every message is answered before the next."""

    def __init__(self, answers, facts, shipped, language="en"):
        super().__init__(answers, facts, shipped, f"v=1&page=benchmark&lang={language}")
        self.number = 0
        self.settle()

    def ask(self, kind, awaited="plant", /, **message):
        self.number += 1
        self.session.receive({"type": f"plant_{kind}", "seq": self.number, **message})
        return self.wait_for(awaited)

    def upload(self, content, name="plants.csv"):
        content = content.encode() if isinstance(content, str) else content
        return self.ask("file", name=name, data=base64.b64encode(content).decode())

    def wait_for(self, name):
        for _ in range(4000):
            while self.later:
                self.later.pop(0)()
            if self.seen.get(name, {}).get("seq") == self.number:
                return self.seen[name]
            time.sleep(0.005)
        raise AssertionError(f"no {name} came")

    def ask_for_file(self, **wanted):
        sent = self.ask("file_wanted", "file", **wanted)
        return sent["file"], base64.b64decode(sent["data"])


@pytest.fixture
def visitor(answers, facts, shipped):
    return Visitor(answers, facts, shipped)


def records_of_example(study, language="en"):
    return read_table(table_of(cleaned(example(language)), study, language), study)


def test_the_example_is_shown_as_it_stands(visitor, china):
    shown = visitor.ask("example")
    one = plant_standing(records_of_example(china), EXAMPLE["plant"]["en"], int(EXAMPLE["year"]), china)
    assert shown["state"] == "ready"
    assert shown["mix"]["grade"] == one.mix["grade"]
    assert shown["head"]["score"] == one.score
    assert shown["balance"]["balance_gap"] == one.balance["balance_gap"]
    assert {row["name"]: row["value"] for row in shown["indicators"]}["leakage_rate"] == one.indicators.loc[
        "leakage_rate", "value"
    ]
    assert shown["plan"]["totals"]["npv"] == one.plan.totals["npv"]
    assert [row["percentile"] for row in shown["places"]] == one.places["percentile"].tolist()
    assert shown["notes"] == one.notes("en")
    json.dumps(shown, allow_nan=False)


def test_all_problems_of_a_file_are_listed_in_the_language_of_the_page(visitor, china):
    spoilt = TWO_YEARS.replace("hebei", "hebeii").replace("linerboard,20,", "linerboard,-20,")
    for language in ("en", "zh"):
        visitor.session.receive({"type": "view", "language": language})
        shown = visitor.upload(spoilt)
        with pytest.raises(DataError) as caught:
            read_records(spoilt.encode(), china, "plants.csv")
        assert shown["state"] == "problems"
        problems = caught.value.problems
        wanted = [[one.file, one.row, one.column, in_language(one.message, language)] for one in problems]
        assert (shown["problems"], shown["problem_count"]) == (wanted, len(wanted))


def test_a_plant_and_year_of_a_file_is_chosen_and_conversions_are_told(visitor):
    shown = visitor.upload(TWO_YEARS)
    assert (shown["year"], shown["choice_count"], shown["head"]["withdrawal_graded"]) == (2022, 2, 2.8e6)
    assert any(written == "万m3" for _, _, _, written, _ in shown["conversions"])
    shown = visitor.ask("choose", plant=MILL, year=2021)
    assert (shown["year"], shown["head"]["withdrawal_graded"]) == (2021, 3.0e6)
    assert visitor.ask("choose", filter="south")["found_count"] == 0
    assert {row for _, row, *_ in shown["conversions"]} <= {1, 2}  # the headings and its own row


def test_a_form_is_the_same_record_as_the_table_that_it_stands_for(visitor, china):
    form = example("en")
    shown = visitor.ask("form", form=form)
    assert shown["kind"] == "form"
    assert shown["head"]["withdrawal_graded"] == (310 + 64 + 86) * 1e4
    assert shown["products"][0]["value"] == pytest.approx(2_680_000 / 200_000)
    in_chinese = read_table(table_of(cleaned(form), china, "zh"), china)
    in_english = read_table(table_of(cleaned(form), china, "en"), china)
    assert in_chinese.sites.equals(in_english.sites)
    assert in_chinese.products.equals(in_english.products)


def test_the_volume_unit_of_a_form_counts(visitor):
    form = example("en") | {"volume": "m3"}
    form["values"] = {name: f"{text}0000" for name, text in EXAMPLE["values"].items()} | {
        name: EXAMPLE["values"][name] for name in ("value_added", "plant_water_price", "plant_electricity_price")
    }
    form["products"] = [row | {"withdrawal": f"{row['withdrawal']}0000"} for row in EXAMPLE["products"]]
    assert visitor.ask("form", form=form)["head"] == visitor.ask("example")["head"]


@pytest.mark.parametrize("form", [None, [], "x", {"values": 3}, {"products": ["x", None]}, {"technologies": [{}, 7]}])
def test_what_is_no_form_is_refused_or_told_as_problems(visitor, form):
    visitor.session.receive({"type": "plant_form", "seq": 0, "form": form})
    for _ in range(400):
        while visitor.later:
            visitor.later.pop(0)()
        if visitor.seen["board"]["notice"] or visitor.seen.get("plant", {}).get("state") == "problems":
            return
        time.sleep(0.005)
    raise AssertionError("neither refused nor told")


def test_another_language_keeps_the_plant(visitor):
    english = visitor.upload(TWO_YEARS)
    visitor.session.receive({"type": "view", "seq": (number := visitor.number + 1), "language": "zh"})
    visitor.number = number
    chinese = visitor.wait_for("plant")
    assert chinese["mix"] == english["mix"]
    assert chinese["notes"] != english["notes"]


def test_the_goal_and_the_contract_are_those_asked_for(visitor, china):
    visitor.upload(TWO_YEARS)
    records = read_records(TWO_YEARS.encode(), china)
    shown = visitor.ask("goal", kind="budget", value=2e6)
    one = plant_standing(records, MILL, 2022, china, goal=Goal("budget", 2e6))
    assert shown["plan"]["saving"] == one.plan.saving
    assert shown["plan"]["totals"]["investment"] <= 2e6
    shown = visitor.ask("contract", share=0.3, term=4)
    outcome = shared_savings(one.plan, 0.3, 4)
    assert shown["contract"]["company_npv"] == outcome.company_npv
    assert shown["contract"]["enterprise_npv"] == outcome.enterprise_npv
    shown = visitor.ask("goal", kind="grade", value="leading")
    assert "leading" in shown["plan_fault"]


def test_nothing_goes_to_the_pool_without_consent(visitor):
    pool = visitor.session.pool = Pool()
    visitor.upload(TWO_YEARS)
    assert visitor.seen["plant"]["offers_pool"]
    for consent, told in (
        ({}, "notice"),
        ({"consent": False}, "notice"),
        ({"consent": "true"}, "board"),
        ({"consent": 1}, "board"),
    ):
        visitor.ask("give", told, key="k", **consent)
    assert pool.told == []
    shown = visitor.ask("give", key="secret", consent=True)
    assert pool.told == [("submit", [MILL], "secret")]
    assert shown["pooled"]["taken"] == 1
    visitor.ask("withdraw", key="secret")
    assert pool.told[1:] == [("withdraw", MILL, "secret")]
    assert "secret" not in json.dumps(visitor.seen, default=str)


def test_a_pool_that_another_process_holds_is_told_to_be_busy_and_the_plant_is_shown_without_it(visitor, tmp_path):
    path = tmp_path / "peers.sqlite"
    with PeerPool.open(str(path), wait=0.2) as pool:
        key = pool.issue_key()
        visitor.session.pool = pool
        held = sqlite3.connect(path, isolation_level=None)
        held.execute("BEGIN EXCLUSIVE")
        shown = visitor.upload(TWO_YEARS)
        assert shown["state"] == "ready"
        assert shown["pooled"]["fault"].startswith("The pool is busy")
        assert visitor.ask("give", key=key, consent=True)["pooled"]["fault"].startswith("The pool is busy")
        held.execute("ROLLBACK")
        held.close()
        assert visitor.ask("give", key=key, consent=True)["pooled"]["taken"] == 1
        assert visitor.ask("goal")["pooled"]["taken"] == 1


def test_a_read_only_page_or_one_without_a_pool_gives_nothing(visitor):
    assert not visitor.upload(TWO_YEARS)["offers_pool"]
    visitor.ask("give", "notice", key="k", consent=True)
    pool = visitor.session.pool = Pool()
    visitor.session.read_only = True
    assert not visitor.upload(TWO_YEARS)["offers_pool"]
    visitor.ask("give", "notice", key="k", consent=True)
    visitor.ask("withdraw", "notice", key="k")
    assert pool.told == []


def test_clearing_drops_everything(visitor):
    visitor.upload(TWO_YEARS)
    work = visitor.session.part(Work)
    parts = [weakref.ref(work.given), weakref.ref(work.standing[1]), weakref.ref(work.given.read["en"])]
    del work
    assert visitor.ask("clear")["state"] == "empty"
    gc.collect()
    assert [part() for part in parts] == [None] * 3
    assert MILL not in json.dumps(visitor.seen, default=str)


def test_leaving_drops_everything(visitor):
    visitor.upload(TWO_YEARS)
    part = weakref.ref(visitor.session.part(Work).given)
    visitor.session.close()
    gc.collect()
    assert part() is None


def test_two_visitors_do_not_mix(answers, facts, shipped):
    one, two = (Visitor(answers, facts, shipped) for _ in range(2))
    one.upload(TWO_YEARS)
    assert two.ask("choose", filter="")["state"] == "empty"
    two.ask("example")
    assert one.ask("contract", term=3)["plant"] == MILL


def test_a_newer_request_takes_the_place_of_an_older_one(visitor):
    visitor.upload(TWO_YEARS)
    for value in (1e6, 2e6, 3e6):
        visitor.number += 1
        visitor.session.receive({"type": "plant_goal", "seq": visitor.number, "kind": "budget", "value": value})
    assert visitor.wait_for("plant")["goal"] == {"kind": "budget", "value": 3e6}


def test_what_is_too_large_or_no_file_is_refused(visitor):
    visitor.ask("file", "notice", name="x.csv", data="A" * (PLANT_FILE_MAX * 4 // 3 + 8))
    assert visitor.seen["notice"]["notice"]["key"] == "plant_too_large"
    visitor.ask("file", "notice", name="x.csv", data="not base64!")
    assert visitor.seen["notice"]["notice"]["key"] == "plant_no_file"
    assert visitor.session.part(Work).given is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_table_is_a_file_without_formulas(china, language):
    text = TWO_YEARS.replace("linerboard,20", "linerboard,20").replace(MILL, "=cmd|calc")
    records = read_records(text.encode(), china)
    one = plant_standing(records, records.sites.index[1][0], 2022, china)
    for card in CARDS:
        columns = table(one, card, language)
        assert all(heading for heading, _ in columns)
        sheet = load_workbook(BytesIO(pack_table("xlsx", columns, card, "", language))).active
        assert sheet.max_row > 1
        assert [cell.value for row in sheet for cell in row if cell.data_type == "f"] == []


def test_files_carry_no_name_of_the_plant_in_theirs(visitor):
    visitor.upload(TWO_YEARS)
    name, content = visitor.ask_for_file(kind="table", card="plan", form="csv")
    assert name == "waterplan-plant-plan.csv"
    assert "Investment" in content.decode("utf-8-sig")
    name, content = visitor.ask_for_file(kind="report", form="html")
    assert name == "waterplan-plant-report.html"
    assert MILL in content.decode()
    name, content = visitor.ask_for_file(kind="template", form="xlsx", language="zh")
    assert name == "waterplan-plant-template-zh.xlsx"
    assert content.startswith(b"PK")
