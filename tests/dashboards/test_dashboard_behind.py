"""The pages in a real browser: the table and the rows behind every figure, and the files of each."""

import csv
import random
import re

import openpyxl
import pytest
from browsing import expectations, in_browser, serving, shows

expect = expectations()
pytestmark = in_browser

from waterplan import Plan, Scenario, open_scenario, open_study  # noqa: E402
from waterplan.planning.explain.rests import rests_on  # noqa: E402


def test_files_are_saved_and_a_scenario_is_loaded_back(visit, planner_of_china, tmp_path):
    page = visit("?v=1&saving_target=2200")
    suffixes = {"toml": ".toml", "csv": ".zip", "excel": ".xlsx", "netcdf": ".nc"}
    for kind, suffix in suffixes.items():
        page.locator("[data-menu-name=export]").click()
        with page.expect_download() as download:
            page.locator(f"[data-act=export][data-kind={kind}]").click()
        download.value.save_as(tmp_path / f"file{suffix}")
        assert (tmp_path / f"file{suffix}").stat().st_size > 30
    saved = Plan.open(tmp_path / "file.nc", planner_of_china.study)
    assert saved.headline()["counted_saving"] == pytest.approx(2200)
    other = visit()
    other.locator("[data-menu-name=open]").click()
    other.locator("[data-act-file]").set_input_files(tmp_path / "file.toml")
    shows(other, planner_of_china, open_scenario("reference").with_levers(saving_target=2200))


def test_charts_are_saved_as_svg_and_png(visit, tmp_path):
    page = visit()
    expect(page.locator("svg[data-chart=curve]")).to_be_visible()
    for name in ("curve", "sectors", "path", "investment", "map"):
        for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
            page.locator(f"[data-card={'path' if name == 'investment' else name}]").hover()
            with page.expect_download() as download:
                page.locator(f"[data-act={kind}][data-chart-name={name}]").click()
            download.value.save_as(tmp_path / "chart")
            assert (tmp_path / "chart").read_bytes().startswith(start)


def test_rows_are_searched_and_traced(visit, china):
    page = visit("?v=1&page=data")
    expect(page.locator("[data-card=data] header")).to_contain_text(f"{len(china.rows):,} rows")
    page.locator("input[data-rows]").fill("water_price hebei")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.locator("[data-row] .row-open").click()
    expect(page.locator(".trace")).to_contain_text("province_values.csv")


def test_a_long_text_that_is_pasted_is_looked_for_and_the_page_goes_on(visit):
    page = visit("?v=1&page=data")
    page.locator("input[data-rows]").focus()
    page.keyboard.insert_text("x" * 40_000)
    expect(page.locator("[data-card=data] header")).to_contain_text(re.compile(r"^\D*0 rows"))
    page.locator("input[data-rows]").fill("water_price hebei")
    expect(page.locator("[data-card=data] header")).not_to_contain_text(re.compile(r"^\D*0 rows"))


LEAKS = "leak_control_cross"


def survey(tmp_path, count):
    """The file of a scenario with overrides, those of leaks first, each with a note that cannot be packed."""
    rows = open_study().rows
    rows = rows[rows["name"] == "saving_fraction"].sort_values("technology", key=lambda names: names != LEAKS)
    rows = rows.head(count).to_dict("records")
    noise = random.Random(1)
    sets = [
        {"name": row["name"], "where": {dim: row[dim] for dim in ("technology", "product", "end_use")}, "factor": 0.99,
         "source": "site survey of forty plants", "note": noise.randbytes(100).hex()}
        for row in rows
    ]  # fmt: skip
    path = tmp_path / "survey.toml"
    path.write_text(Scenario.from_mapping({"title": "Survey", "set": sets}).to_toml())
    return path


def load(page, path):
    page.locator("[data-menu-name=open]").click()
    page.locator("[data-act-file]").set_input_files(path)
    expect(page.locator("h1")).to_contain_text("Survey")


@pytest.mark.parametrize(("language", "told"), [("en", "too large for a link"), ("zh", "无法写入链接")])
def test_a_scenario_too_large_for_a_link_is_told_and_offered_as_a_file(visit, tmp_path, language, told):
    page = visit(f"?v=1&lang={language}")
    path = survey(tmp_path, 300)
    load(page, path)
    notice = page.locator("[data-unlinked=scenario]")
    expect(notice).to_contain_text(told)
    assert "set=" not in page.url
    with page.expect_download() as download:
        notice.locator("[data-act=export]").click()
    download.value.save_as(tmp_path / "saved.toml")
    study = open_study()
    assert Scenario.read(tmp_path / "saved.toml").digest(study) == Scenario.read(path).digest(study)
    page.reload()
    expect(page.locator(".notice")).to_contain_text({"en": "was too large for a link", "zh": "链接无法包含"}[language])


def test_a_panel_says_which_figures_the_scenario_sets(visit, tmp_path):
    page = visit()
    load(page, survey(tmp_path, 20))
    assert "set=" in page.url
    expect(page.locator("[data-unlinked]")).to_have_count(0)
    page.locator(f"[data-act=why][data-technology={LEAKS}]").first.click()
    mark = page.locator("dialog.panel [data-set-by]").first
    expect(mark).to_contain_text("set by the scenario, study:")
    expect(mark).to_have_attribute("data-set-by", re.compile("survey.toml, set"))


CARDS = ("curve", "withdrawal", "sectors", "path", "map", "binds", "energy", "technologies", "rests")


def open_panel(page, card, of=""):
    page.locator(f"[data-act=behind][data-behind={card}][data-of='{of}']").focus()
    page.keyboard.press("Enter")
    panel = page.locator("dialog.panel")
    expect(panel.locator(".behind-table tbody tr").first).to_be_visible()
    expect(panel.locator("[data-rests]").first).to_be_visible()
    return panel


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_card_opens_its_table_and_rows_by_keyboard(visit, language):
    page = visit(f"?v=1&lang={language}")
    for card in CARDS:
        panel = open_panel(page, card)
        assert "undefined" not in panel.inner_text()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.locator(f"[data-act=behind][data-behind={card}]")).to_be_focused()
    for name in page.locator("[data-headline]").evaluate_all("all => all.map(one => one.dataset.headline)"):
        open_panel(page, "headline", name)
        page.keyboard.press("Escape")


def test_the_panel_has_the_numbers_of_the_plan_and_the_rows_they_rest_on(visit, planner_of_china):
    page = visit("?v=1&saving_target=2300")
    result = planner_of_china.solve(open_scenario("reference").with_levers(saving_target=2300))
    told = Plan.of(result).headline()["saving_by_sector"]
    panel = open_panel(page, "sectors")
    for place, saving in enumerate(told.values()):
        shown = panel.locator(".behind-table tbody tr").nth(place).locator("td").nth(3).inner_text()
        assert float(shown.replace(",", "")) == pytest.approx(saving, rel=1e-3)
    panel.locator("[data-act=narrow][data-label=paper]").click()
    expect(panel.locator(".panel-head h3")).to_contain_text("Pulp and paper")
    expect(panel.locator("[data-rests]").first).to_be_visible()
    heaviest = rests_on(result, "saving", sector="paper").iloc[0]
    at = f"{heaviest['file']}:{heaviest['row']}"
    panel.locator("[data-act=trace]").first.click()
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator(".one-row")).to_contain_text(at)
    expect(page.locator(".trace")).to_contain_text(str(heaviest["file"]))
    page.locator("[data-act=all-rows]").click()
    expect(page.locator("[data-row]")).to_have_count(50)


def test_a_technology_says_why_it_is_in_or_out(visit, planner_of_china):
    page = visit()
    row = page.locator("[data-technology]").first
    expect(row.locator("[data-why]")).to_contain_text("cheaper than the last m³")
    used = (planner_of_china.solve(open_scenario("reference")).ledger.capacity.sum(axis=(1, 2)) > 1e-7).sum()
    page.locator(".unused summary").click()
    expect(page.locator("[data-unused]")).to_have_count(len(planner_of_china.structure.technologies) - int(used))
    page.locator("[data-unused=mvr_evaporation] [data-act=why]").click()
    expect(page.locator(".why").first).to_contain_text("It enters when its yearly cost falls")
    page.keyboard.press("Escape")
    page.locator("[data-choice=enterprise]").click()
    expect(page.locator("[data-card=technologies] .updating")).to_have_count(0)
    expect(page.locator("[data-unused]").first).to_be_visible()


def test_tables_are_saved_from_panels_and_pages(visit, tmp_path):
    page = visit()
    panel = open_panel(page, "sectors")

    def saved(button, name):
        with page.expect_download() as download:
            button.click()
        download.value.save_as(tmp_path / name)
        return tmp_path / name

    table = saved(panel.locator("[data-table=sectors][data-form=csv]"), "sectors.csv")
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][0] == "Sector"
    assert len(rows) == 6
    assert sum(float(row[4]) for row in rows[1:]) == pytest.approx(2000)
    book = openpyxl.load_workbook(saved(panel.locator("[data-table=rows][data-form=excel]"), "rows.xlsx"))
    assert book.active.max_row == 22
    saved(panel.locator("[data-act=svg][data-chart-name=sectors]"), "chart.svg")
    page.keyboard.press("Escape")
    page.locator("[data-act=page][data-page=data]").click()
    page.locator("input[data-rows]").fill("water_price hebei")
    expect(page.locator("[data-row]")).to_have_count(1)
    table = saved(page.locator("[data-table=data][data-form=csv]"), "data.csv")
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 2
    page.locator("[data-act=page][data-page=compare]").click()
    table = saved(page.locator("[data-table=compare][data-form=csv]"), "compare.csv")
    assert "annual cost" in table.read_text(encoding="utf-8-sig")


def test_the_outline_is_there_only_when_a_deployer_asks_and_files_have_tiles(visit, browser, tmp_path):
    page = visit()
    expect(page.locator("[data-province]")).to_have_count(31)
    assert page.locator("[data-outline]").count() == 0
    with serving("--outline-map", "study") as (address, log):
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
        page = context.new_page()
        page.goto(address)
        expect(page.locator("path.edge-of")).to_have_count(31)
        expect(page.locator("[data-card=map] footer")).to_contain_text("takes no position on any boundary")
        page.locator("[data-card=map]").hover()
        with page.expect_download() as download:
            page.locator("[data-act=svg][data-chart-name=map]").click()
        download.value.save_as(tmp_path / "map.svg")
        text = (tmp_path / "map.svg").read_text(encoding="utf-8")
        assert len(re.findall("data-province", text)) == 31
        assert "data-outline" not in text
        page.locator("[data-what=tiles]").click()
        expect(page.locator("[data-outline]")).to_have_count(0)
        context.close()
        assert "Traceback" not in log.read_text()


def test_the_page_prints_without_its_tools(visit, tmp_path):
    page = visit()
    expect(page.locator(".updating")).to_have_count(0)
    page.emulate_media(media="print")
    for hidden in (".levers", ".bar-tools", ".scenario-tools", "[data-act=behind] >> nth=6"):
        expect(page.locator(hidden)).to_be_hidden()
    for card in CARDS:
        expect(page.locator(f"[data-card={card}]")).to_be_visible()
    page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
    content = (tmp_path / "page.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert 1 <= len(re.findall(rb"/Type /Page\b", content)) <= 5
