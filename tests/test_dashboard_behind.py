"""The pages in a real browser: the table and the rows behind every figure, and the files of each."""

import pytest
from browsing import expectations, in_browser, shows

expect = expectations()
pytestmark = in_browser

from waterplan import Plan, Planner, open_scenario  # noqa: E402


@pytest.fixture(scope="module")
def planner(china):
    return Planner(china)


def test_files_are_saved_and_a_scenario_is_loaded_back(visit, planner, tmp_path):
    page = visit("?v=1&saving_target=2200")
    suffixes = {"toml": ".toml", "csv": ".zip", "excel": ".xlsx", "netcdf": ".nc"}
    for kind, suffix in suffixes.items():
        page.locator("[data-menu-name=export]").click()
        with page.expect_download() as download:
            page.locator(f"[data-act=export][data-kind={kind}]").click()
        download.value.save_as(tmp_path / f"file{suffix}")
        assert (tmp_path / f"file{suffix}").stat().st_size > 30
    saved = Plan.open(tmp_path / "file.nc", planner.study)
    assert saved.headline()["counted_saving"] == pytest.approx(2200)
    other = visit()
    other.locator("[data-menu-name=open]").click()
    other.locator("[data-act-file]").set_input_files(tmp_path / "file.toml")
    shows(other, planner, open_scenario("reference").with_levers(saving_target=2200))


def test_charts_are_saved_as_svg_and_png(visit, tmp_path):
    page = visit()
    expect(page.locator("svg[data-chart=curve]")).to_be_visible()
    for name in ("curve", "sectors", "path", "map"):
        for kind, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
            page.locator(f"[data-card={name}]").hover()
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
