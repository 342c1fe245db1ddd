"""The Benchmark page in a real browser: a plant given and shown, its files, and that it stays with its visitor."""

import csv
import io
import os
import re
from pathlib import Path

import pytest
from browsing import broken_rules, expectations, in_browser, serving
from openpyxl import load_workbook

expect = expectations()
pytestmark = in_browser

from dashboards.plant_form import EXAMPLE, cleaned, example, table_of  # noqa: E402
from waterplan import PeerPool, plant_standing, read_records  # noqa: E402
from waterplan.base.errors import DataError  # noqa: E402
from waterplan.plants.records.reader import read_table  # noqa: E402

MARK = "Zzyx-mill"
HOSTILE = "<img src=x onerror=window.hit=1>"
FILE = (
    "plant,year,province,surface water (万m³),consumed (万m³),discharged (万m³),product,output,output unit\n"
    f"{MARK},2022,hebei,280,90,188,linerboard,20,万t\n{MARK},2021,hebei,300,100,195,linerboard,20,万t\n"
)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The folders that a server may write into, and its pool with a key."""
    home = tmp_path_factory.mktemp("home")
    with PeerPool.open(str(home / "peers.sqlite")) as pool:
        key = pool.issue_key()
    return home, key


@pytest.fixture(scope="module")
def server(places):
    """One dashboard for this file, with a pool, whose folders are looked into afterwards."""
    home, _ = places
    kept = {name: os.environ.get(name) for name in ("TMPDIR", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    os.environ.update(dict.fromkeys(kept, str(home)))
    try:
        with serving("--pool", str(home / "peers.sqlite")) as running:
            yield running
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture
def opened(visit):
    """The Benchmark page of a new visitor."""

    def open_page(query=""):
        page = visit(f"?v=1&page=benchmark{query}")
        expect(page.locator(".plant-start")).to_be_visible()
        return page

    return open_page


def upload(page, content, name="plants.csv"):
    content = content.encode() if isinstance(content, str) else content
    page.locator("[data-plant-file]").first.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def load_example(page):
    page.locator("[data-act=plant-example]").click()
    expect(page.locator("[data-card=plant-plan]")).to_be_visible()


def head(page, name):
    return page.locator(f"[data-plant-head={name}]").get_attribute("data-value")


def shows(page, one):
    """The figures on the page are those of the standing."""
    expect(page.locator("[data-plant-head=saving]")).to_have_attribute("data-value", re.compile(r"\d"))
    assert head(page, "grade") == one.mix["grade_estimated"]
    for name, value in (
        ("withdrawal", one.mix["withdrawal_graded"]), ("score", one.score), ("saving", one.plan.saving),
        ("investment", one.plan.totals["investment"]),
    ):  # fmt: skip
        assert float(head(page, name)) == pytest.approx(value)
    read = "all => all.map(one => [one.dataset.flow, Number(one.dataset.value)])"
    flows = dict(page.locator("[data-flow]").evaluate_all(read))
    wanted = {(s if t == "plant" else t): v for s, t, v in one.flows.itertuples(index=False)}
    assert flows == pytest.approx(wanted)
    reuse = page.locator("[data-indicator=water_reuse_rate]").get_attribute("data-value")
    value = one.indicators.loc["water_reuse_rate", "value"]
    assert (reuse == "null") if value != value else float(reuse) == pytest.approx(value)
    steps = page.locator("[data-step]").evaluate_all("all => all.map(one => one.dataset.step)")
    assert steps == one.plan.steps["technology"].tolist()


def open_parts(page):
    for name in ("reuse", "money", "technologies"):
        page.locator(f"[data-part={name}] > summary").press("Enter")


def saved(page, button):
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_file_is_shown_as_it_stands_and_is_in_no_address_log_or_file(opened, server, places, china):
    page, (_, log) = opened(), server
    asked = []
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    upload(page, FILE)
    records = read_records(FILE.encode(), china)
    expect(page.locator(".plant-name h1", has_text=MARK)).to_be_visible()
    shows(page, plant_standing(records, MARK, 2022, china))
    page.locator("[data-plant-choose]").select_option(f"2021|{MARK}")
    expect(page.locator("[data-plant-head=withdrawal]")).to_have_attribute("data-value", "3000000")
    shows(page, plant_standing(records, MARK, 2021, china))
    saved(page, page.locator("[data-act=plant-report][data-form=pdf]"))
    assert MARK not in page.url
    assert not [one for one in asked if MARK in one]
    assert MARK not in page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")
    assert MARK not in log.read_text()
    found = [path for path in places[0].rglob("*") if path.is_file() and MARK.encode() in path.read_bytes()]
    assert found == []
    page.reload()
    expect(page.locator(".plant-start")).to_be_visible()


def test_a_spoilt_file_lists_its_problems_and_runs_nothing(opened, china):
    page = opened()
    spoilt = FILE.replace(MARK, HOSTILE).replace("hebei", "hebeii").replace("2021", "=cmd|' /C calc'!A0")
    upload(page, spoilt, f"{HOSTILE}.csv")
    rows = page.locator("[data-card=plant-problems] tbody tr")
    with pytest.raises(DataError) as caught:
        read_records(spoilt.encode(), china, f"{HOSTILE}.csv")
    expect(rows).to_have_count(len(caught.value.problems))
    for place, problem in enumerate(caught.value.problems):
        expect(rows.nth(place)).to_contain_text(problem.message)
    upload(page, FILE.replace(MARK, HOSTILE))
    expect(page.locator(".plant-name h1")).to_have_text(HOSTILE)
    _, content = saved(page, page.locator("[data-act=plant-report][data-form=html]"))
    assert HOSTILE not in content.decode()
    assert page.evaluate("window.hit") is None


def test_a_form_filled_in_is_shown_and_another_language_keeps_it(opened, china):
    page = opened()
    page.locator("[data-act=plant-form-open]").click()
    form = example("en")
    page.locator("[data-form=plant]").fill(MARK)
    page.locator("[data-form=year]").fill(form["year"])
    page.locator("[data-form=province]").select_option(form["province"])
    page.locator("[data-act=plant-volume][data-value='10^4 m3']").click()
    page.locator("[data-act=plant-product-add]").click()
    for place, row in enumerate(form["products"]):
        page.locator(f"[data-form='products.{place}.product']").select_option(row["product"])
        page.locator(f"[data-form='products.{place}.output']").fill(row["output"])
        page.locator(f"[data-form='products.{place}.scale']").select_option(row["scale"])
        page.locator(f"[data-form='products.{place}.withdrawal']").fill(row["withdrawal"])
    open_parts(page)
    for name, text in form["values"].items():
        page.locator(f"[data-form='values.{name}']").fill(text)
    for label in form["technologies"]:
        page.locator(f"[data-form-tick={label}]").check()
    page.locator("[data-act=view][data-name=language]").click()
    expect(page.locator("[data-plant-form] h2")).to_have_text("填写表单")
    expect(page.locator("[data-form=plant]")).to_have_value(MARK)
    page.locator("[data-plant-form] button[type=submit]").click()
    expect(page.locator("[data-card=plant-plan]")).to_be_visible()
    records = read_table(table_of(cleaned({**form, "plant": MARK}), china, "zh"), china)
    one = plant_standing(records, MARK, 2022, china)
    shows(page, one)
    page.locator("[data-act=view][data-name=language]").click()
    expect(page.locator("[data-card=plant-plan] h2")).to_have_text("Plan for the plant")
    shows(page, one)


def test_a_goal_and_a_contract_are_moved_by_keyboard(opened):
    page = opened()
    load_example(page)
    page.locator("[data-act=plant-goal][data-value=grade]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    years = page.locator("[data-plant-goal=payback]")
    expect(years).to_have_value("5")
    before = float(head(page, "saving"))
    years.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(years).to_have_attribute("aria-valuetext", re.compile("1 "))
    expect(page.locator("[data-plant-head=saving]")).not_to_have_attribute("data-value", str(before))
    assert float(head(page, "saving")) < before
    company = page.locator("[data-side=company]")
    gained = float(company.get_attribute("data-value"))
    page.locator("[data-plant-contract=share]").focus()
    page.keyboard.press("ArrowRight")
    expect(company).not_to_have_attribute("data-value", str(gained))
    assert float(company.get_attribute("data-value")) > gained


def test_a_record_goes_to_the_pool_with_consent_only(opened, places):
    home, key = places
    page = opened()
    load_example(page)
    expect(page.locator("[data-card=plant-pool]")).to_have_count(0)  # what does not exist is no peer
    upload(page, FILE)
    give = page.locator("[data-act=plant-give]")
    expect(give).to_be_disabled()
    page.locator("[data-plant-consent]").check()
    page.locator("[data-plant-key]").fill(key)
    give.click()
    expect(page.locator(".pool-told")).to_contain_text("1 new")
    with PeerPool.open(str(home / "peers.sqlite")) as pool:
        assert pool.own(key)["year"].tolist() == [2022]
    page.locator("[data-plant-key]").fill(key)
    page.locator("[data-act=plant-withdraw]").click()
    expect(page.locator(".pool-told")).to_contain_text("Withdrawn")
    with PeerPool.open(str(home / "peers.sqlite")) as pool:
        assert len(pool.own(key)) == 0


def test_downloads_open(opened, china):
    page = opened()
    load_example(page)
    one = plant_standing(
        read_table(table_of(cleaned(example("en")), china, "en"), china), EXAMPLE["plant"]["en"], 2022, china
    )
    name, content = saved(page, page.locator("[data-act=plant-table][data-card=plan][data-form=csv]"))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert (name, len(rows)) == ("waterplan-plant-plan.csv", len(one.plan.steps) + 1)
    _, content = saved(page, page.locator("[data-act=plant-table][data-card=ladder][data-form=xlsx]"))
    assert load_workbook(io.BytesIO(content)).active.max_row >= len(one.ladder)
    _, content = saved(page, page.locator("[data-act=svg][data-chart-name=plant-balance]"))
    assert content.startswith(b"<svg")
    _, content = saved(page, page.locator("[data-act=plant-report][data-form=pdf]"))
    assert content.startswith(b"%PDF")
    page.locator("[data-act=plant-clear]").click()
    for language in ("en", "zh"):
        name, content = saved(page, page.locator(f"[data-act=plant-template][data-language={language}]"))
        assert name == f"waterplan-plant-template-{language}.xlsx"
        assert len(load_workbook(io.BytesIO(content)).sheetnames) > 2


def test_clearing_leaves_nothing_and_visitors_do_not_mix(opened):
    one, two = opened(), opened()
    upload(one, FILE)
    load_example(two)
    expect(one.locator(".plant-name h1", has_text=MARK)).to_be_visible()
    expect(two.locator(".plant-name h1")).to_contain_text(EXAMPLE["plant"]["en"])
    one.locator("[data-act=plant-clear]").click()
    expect(one.locator(".plant-start")).to_be_visible()
    assert MARK not in one.locator(".waterplan").inner_html()
    expect(two.locator(".plant-name h1")).to_contain_text(EXAMPLE["plant"]["en"])


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_the_page_passes_the_rules_of_accessibility(opened, theme):
    page = opened(f"&theme={theme}")
    assert broken_rules(page) == []
    page.locator("[data-act=plant-form-open]").click()
    page.locator("[data-act=plant-form-example]").click()
    open_parts(page)
    assert broken_rules(page) == []
    page.locator("[data-act=plant-form-close]").click()
    upload(page, FILE)
    expect(page.locator("[data-card=plant-plan]")).to_be_visible()
    page.locator("details.more > summary").click()
    page.locator("[data-plant-consent]").check()
    assert broken_rules(page) == []
    upload(page, FILE.replace("hebei", "x"))
    expect(page.locator("[data-card=plant-problems]")).to_be_visible()
    assert broken_rules(page) == []
