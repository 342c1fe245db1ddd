"""What would come anyway, in a real browser: four lines, sentences, levers that are switched off, on a wide and a
narrow screen, in both languages."""

import re

import pytest
from browsing import expectations, in_browser, serving, shows

expect = expectations()
pytestmark = in_browser

from waterplan import open_scenario  # noqa: E402

# check figures of the README of the study, hm3/a
LINES = {"reference": 20406.132, "turnover": 19697.507, "market": 17951.983, "planned": 18406.132}
WORDS = {
    "en": ("all of the target would come anyway", "at most 1,932 hm³ can be added", "the baseline is frozen"),
    "zh": ("节水目标全部本来也会实现", "最多可再节水 19.32 亿m³", "基线为冻结"),
}


def lines(page):
    read = "all => all.map(one => [one.dataset.line, Number(one.dataset.value)])"
    return dict(page.locator("[data-line]").evaluate_all(read))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_visitor_sees_what_would_come_anyway_and_starts_from_it(visit, planner_of_china, language):
    page = visit(f"?v=1&f=reference&lang={language}")
    anyway, on_top, idle = WORDS[language]
    note = page.locator("[data-card=anyway]")
    expect(note.locator("[data-told=anyway]")).to_contain_text(anyway)
    expect(note.locator("[data-told=on_top]")).to_contain_text(on_top)
    expect(page.locator("[data-line]")).to_have_count(4)
    assert lines(page) == pytest.approx(LINES, abs=2e-3)
    expect(page.locator("[data-anyway]")).to_have_count(5)
    expect(page.locator("[data-of=count_from] [data-idle]")).to_contain_text(idle)
    for choice in ("frozen", "baseline"):
        expect(page.locator(f"[data-lever=count_from][data-choice={choice}]")).to_be_disabled()
    expect(page.locator("input[type=range][data-lever=barrier_scale]")).to_be_disabled()
    page.locator("[data-lever=baseline][data-choice=market]").click()
    page.locator("input[type=number][data-lever=saving_target]").fill("3000" if language == "en" else "30")
    page.keyboard.press("Enter")
    scenario = open_scenario("reference").with_levers(baseline="market", saving_target=3000)
    shows(page, planner_of_china, scenario)
    assert "baseline=market" in page.url
    assert lines(page) == pytest.approx(LINES | {"planned": 17406.132}, abs=2e-3)
    expect(page.locator("[data-chart=sectors] [data-part=market]")).to_have_count(5)
    expect(page.locator("[data-chart=map] [data-part=turnover]").first).to_be_attached()
    expect(page.locator("input[type=range][data-lever=barrier_scale]")).to_be_enabled()
    expect(page.locator("[data-of=count_from] [data-idle]")).to_be_hidden()
    page.locator("[data-act=undo]").click()
    page.locator("[data-act=undo]").click()
    shows(page, planner_of_china, open_scenario("reference"))
    expect(page.locator("[data-lever=baseline][data-choice=frozen]")).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_wider_than_a_narrow_screen(visit, language):
    page = visit(f"?v=1&f=reference&lang={language}")
    page.set_viewport_size({"width": 400, "height": 850})
    for name in ("plan", "compare", "data", "benchmark"):
        page.locator(f"[data-act=page][data-page={name}]").click()
        expect(page.locator(f".waterplan[data-page={name}]")).to_be_visible()
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, name


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_study_that_leaves_it_out_says_what_it_cannot_show(browser, language):
    told = {"en": "What would come anyway is not shown", "zh": "未显示本来也会发生的节水"}[language]
    with serving("--study", "tests/tiny_study") as (address, log):
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        page.goto(f"{address}/?v=1&lang={language}&t=&saving_target=50")
        expect(page.locator("[data-card=anyway]")).to_contain_text(told)
        expect(page.locator("[data-line]")).to_have_count(2)
        for choice in ("turnover", "market"):
            expect(page.locator(f"[data-lever=baseline][data-choice={choice}]")).to_be_disabled()
        expect(page.locator("input[type=range][data-lever=value_added_cut]")).to_be_disabled()
        expect(page.locator("[data-of=baseline] [data-idle]")).to_be_visible()
        expect(page.locator("[data-figure=anyway]")).to_have_attribute("data-value", re.compile("^$"))
        context.close()
        assert "Traceback" not in log.read_text()
