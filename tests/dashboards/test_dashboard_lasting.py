"""The pages in a real browser: what lasts (links, steps, connections), and what is kept out."""

import re
import urllib.request

import pytest
from browsing import PATIENCE, broken_rules, expectations, free_port, headline, in_browser, serving, shows

expect = expectations()
pytestmark = in_browser

from waterplan import open_scenario  # noqa: E402

THEMES = ["light", pytest.param("dark", marks=pytest.mark.long)]


def test_a_link_restores_the_page(visit, planner_of_china):
    page = visit()
    page.locator("[data-act=pin]").click()
    page.locator("[data-group=sector] > summary").click()
    page.locator("[data-of=sector_floor] > summary").click()
    page.locator("input[type=number][data-lever=sector_floor][data-label=paper]").fill("15")
    page.keyboard.press("Enter")
    scenario = open_scenario("reference").with_levers(sector_floor={"paper": 0.15})
    shows(page, planner_of_china, scenario)
    expect(page).to_have_url(re.compile("sector_floor=paper:0.15"))
    other = visit("?" + page.url.partition("?")[2])
    shows(other, planner_of_china, scenario)
    expect(other.locator(".pinned")).to_be_visible()
    page.reload()
    shows(page, planner_of_china, scenario)


def test_two_visitors_at_once_do_not_mix(visit, planner_of_china):
    one, two = visit(), visit()
    for page, target in ((one, 2200), (two, 2700), (one, 2300), (two, 2800)):
        page.locator("input[type=number][data-lever=saving_target]").fill(str(target))
        page.keyboard.press("Enter")
    shows(one, planner_of_china, open_scenario("reference").with_levers(saving_target=2300))
    shows(two, planner_of_china, open_scenario("reference").with_levers(saving_target=2800))


def test_hostile_text_stays_text(visit):
    title = "<img src=x onerror=window.hit=1>"
    page = visit(f"?v=1&t={title}&saving_target=2100")
    expect(page.locator("h1")).to_contain_text(title)
    page.locator("[data-act=pin]").click()
    page.locator("[data-act=page][data-page=compare]").click()
    expect(page.locator(".compare thead")).to_contain_text(title)
    assert page.evaluate("window.hit") is None
    page = visit("?v=1&sector_floor=%3Cscript%3E:1")
    expect(page.locator(".notice")).to_contain_text("<script>")
    assert headline(page).count() == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", ["page=plan", "page=data", "page=compare", "page=plan&saving_target=4900"])
def test_pages_pass_the_rules_of_accessibility(visit, view, theme):
    page = visit(f"?v=1&theme={theme}&{view}")
    expect(page.locator(".updating")).to_have_count(0)
    assert broken_rules(page) == []


def test_a_lost_connection_is_told_and_comes_back_with_the_state(browser, planner_of_china):
    port = free_port()
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    with serving(port=port) as (address, _):
        page.goto(f"{address}/?v=1&saving_target=2600&theme=dark")
        shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2600))
    expect(page.locator(".notice.lost")).to_be_visible()
    with serving(port=port):
        expect(page.locator(".notice.lost")).to_have_count(0)
        shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2600))
        expect(page.locator(".waterplan")).to_have_attribute("data-theme", "dark")
    page.close()


@pytest.mark.long
def test_steps_back_outlast_a_lost_connection_and_a_reload(browser, planner_of_china):
    port, reference = free_port(), open_scenario("reference")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)

    def moved(lever, text, **levers):
        page.locator(f"input[type=number][data-lever={lever}]").fill(text)
        page.keyboard.press("Enter")
        shows(page, planner_of_china, reference.with_levers(**levers))

    with serving(port=port) as (address, _):
        page.goto(address)
        shows(page, planner_of_china, reference)
        moved("saving_target", "2300", saving_target=2300)
        moved("discount_rate", "5", saving_target=2300, discount_rate=0.05)
        page.locator("[data-act=undo]").click()
        shows(page, planner_of_china, reference.with_levers(saving_target=2300))
    expect(page.locator(".notice.lost")).to_be_visible()
    with serving(port=port):
        expect(page.locator(".notice.lost")).to_have_count(0)
        expect(page.locator("[data-act=redo]")).to_be_enabled()
        page.locator("[data-act=redo]").click()
        shows(page, planner_of_china, reference.with_levers(saving_target=2300, discount_rate=0.05))
        page.reload()
        expect(page.locator("[data-act=undo]")).to_be_enabled()
        for levers in ({"saving_target": 2300}, {}):
            page.locator("[data-act=undo]").click()
            shows(page, planner_of_china, reference.with_levers(**levers))
        expect(page.locator("[data-act=undo]")).to_be_disabled()
    page.close()


@pytest.mark.parametrize("theme", THEMES)
def test_an_open_panel_passes_the_rules_of_accessibility(visit, theme):
    page = visit(f"?v=1&theme={theme}")
    expect(page.locator(".updating")).to_have_count(0)
    for button, last in (("[data-act=behind][data-behind=map]", "[data-rests]"), ("[data-act=why]", ".why")):
        page.locator(button).first.click()
        expect(page.locator(last).first).to_be_visible()
        expect(page.locator("dialog .updating")).to_have_count(0)
        assert broken_rules(page) == []
        page.keyboard.press("Escape")


def test_answers_carry_security_headers(server):
    address, _ = server
    with urllib.request.urlopen(f"{address}/") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for place in ("liveness", "readiness"):
        with urllib.request.urlopen(f"{address}/{place}") as answer:
            assert answer.status == 200
