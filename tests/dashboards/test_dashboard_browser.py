"""The pages in a real browser: what a visitor does, and that the numbers are those of the planner."""

import json
import math
import re

import pytest
from browsing import expectations, headline, in_browser, position, shows, slider

expect = expectations()
pytestmark = in_browser

from waterplan import open_scenario  # noqa: E402


def test_the_first_page_is_the_reference_plan(visit, planner_of_china):
    page = visit()
    shows(page, planner_of_china, open_scenario("reference"))
    assert headline(page).locator(".number").inner_text() == "432.4"
    assert headline(page, "counted_saving").locator(".number").inner_text() == "2,000"
    for key in ("base", "reference", "planned"):
        expect(page.locator(f"[data-volume={key}]")).to_be_visible()
    expect(page.locator("[data-card=withdrawal] footer")).to_contain_text("Withdrawal is not consumption")
    expect(page.locator("[data-card=map] footer")).to_contain_text("not a quota")
    expect(page.locator("[data-province]")).to_have_count(31)


def test_a_slider_moves_by_key(visit, planner_of_china):
    page = visit()
    slider(page, "saving_target").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2030))
    expect(page.locator("[data-mark=target]")).to_have_attribute("data-value", "2030")


def test_a_slider_moves_by_mouse(visit, planner_of_china):
    page = visit()
    box = slider(page, "saving_target").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    page.mouse.down()
    for n in range(1, 12):
        page.mouse.move(box["x"] + box["width"] * (0.4 + 0.02 * n), box["y"] + box["height"] / 2)
    page.mouse.up()
    reference = open_scenario("reference")
    shows(page, planner_of_china, lambda: reference.with_levers(saving_target=position(page, "saving_target")))
    assert 2500 < position(page, "saving_target") < 4000


WATCHED = """one => {
  window.seen = [];
  const board = one.getRootNode().querySelector(".waterplan");
  const look = new MutationObserver(() => window.seen.push(one.value));
  look.observe(board, { attributes: true, attributeFilter: ["data-drawn"] });
  for (const value of [2400, 2600, 2800]) {
    one.value = value;
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
  one.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_a_slider_that_was_let_go_of_is_not_put_back_by_an_older_answer(visit, planner_of_china):
    page = visit()
    slider(page, "saving_target").evaluate(WATCHED)
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2800))
    drawn = page.evaluate("window.seen")
    assert len(drawn) >= 2, "the answers to the first move and to the last"
    assert set(drawn) == {"2800"}


def test_a_switch_is_not_put_back_by_an_older_answer(visit):
    page = visit()
    page.locator("input[data-lever=count_alternative_supply]").evaluate(
        """one => {
          window.seen = [];
          const board = one.getRootNode().querySelector(".waterplan");
          const look = new MutationObserver(() => window.seen.push(one.checked));
          look.observe(board, { attributes: true, attributeFilter: ["data-drawn"] });
          one.click();
          one.click();
        }"""
    )
    expect(page.locator(".waterplan")).to_have_attribute("data-drawn", "2")
    assert page.evaluate("window.seen") == [True, True]


@pytest.mark.parametrize(
    ("group", "lever", "label", "keys", "value"),
    [
        ("prices", "discount_rate", "", ["ArrowRight"] * 2, 0.09),
        ("reach", "rollout_scale", "", ["ArrowLeft"], 0.95),
        ("sector", "sector_floor", "paper", ["ArrowRight"] * 3, 0.015),
        ("province", "province_floor", "hebei", ["ArrowRight"] * 2, 0.01),
        ("technology", "technology_cost_scale", "air_cooling", ["ArrowLeft"], 0.95),
    ],
)
def test_every_kind_of_lever_gives_the_plan_of_its_scenario(visit, planner_of_china, group, lever, label, keys, value):
    page = visit()
    if label:
        page.locator(f"[data-group={group}] > summary").click()
        page.locator(f"[data-of={lever}] > summary").click()
    slider(page, lever, label).focus()
    for key in keys:
        page.keyboard.press(key)
    shows(page, planner_of_china, open_scenario("reference").with_levers(**{lever: {label: value} if label else value}))
    page.locator(f"[data-act=reset-lever][data-lever={lever}][data-label='{label}']").click()
    shows(page, planner_of_china, open_scenario("reference"))


def test_switches_and_choices_are_moved_by_keyboard(visit, planner_of_china):
    page = visit()
    page.locator("[data-choice=programme]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-choice=enterprise]")).to_have_attribute("aria-checked", "true")
    shows(page, planner_of_china, open_scenario("reference").with_levers(perspective="enterprise"))
    page.locator("input[data-lever=count_alternative_supply]").focus()
    page.keyboard.press("Space")
    shows(
        page,
        planner_of_china,
        open_scenario("reference").with_levers(perspective="enterprise", count_alternative_supply=False),
    )


def test_a_technology_is_found_and_switched_off(visit, planner_of_china):
    page = visit()
    page.locator("[data-act-search]").fill("leak detection and pipe renewal (non")
    page.locator("label.switch", has=page.locator("input[data-lever=excluded][data-label=leak_control_cross]")).click()
    shows(page, planner_of_china, open_scenario("reference").with_levers(excluded=["leak_control_cross"]))


def test_steps_are_taken_back_and_made_again(visit, planner_of_china):
    page = visit()
    page.locator("input[type=number][data-lever=saving_target]").fill("2400")
    page.keyboard.press("Enter")
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2400))
    page.locator("[data-act=undo]").click()
    shows(page, planner_of_china, open_scenario("reference"))
    page.locator("[data-act=redo]").click()
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2400))
    page.locator("[data-act=reset]").click()
    shows(page, planner_of_china, open_scenario("reference"))


def test_an_infeasible_scenario_says_what_to_relax_and_does_it(visit, planner_of_china):
    page = visit("?v=1&saving_target=4900")
    expect(page.locator("[data-card=infeasible]")).to_contain_text(
        "At most 4,614 hm³ can be saved; 286.3 hm³ are missing"
    )
    page.locator("[data-act=way]", has_text="roll-out").click()
    expect(page.locator("[data-card=infeasible]")).to_have_count(0)
    rollout = float(slider(page, "rollout_scale").input_value())
    scale = json.loads(f"[{re.search(r'rollout_scale=([0-9.]+)', page.url)[1]}]")[0]
    assert math.isclose(rollout, scale, abs_tol=0.05)
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=4900, rollout_scale=scale))


def test_what_the_last_plan_was_is_not_marked_as_updating_while_there_is_none(visit):
    page = visit()
    field = page.locator("input[type=number][data-lever=saving_target]")
    field.fill("4900")
    page.keyboard.press("Enter")
    expect(page.locator("[data-card=infeasible] [data-act=way]").first).to_be_visible(timeout=20_000)
    expect(page.locator(".past [data-card=technologies]")).to_be_visible()
    expect(page.locator(".updating")).to_have_count(0)


def test_pinned_scenarios_are_compared(visit, planner_of_china):
    page = visit()
    page.locator("[data-act=pin]").click()
    page.locator("input[type=number][data-lever=saving_target]").fill("2500")
    page.keyboard.press("Enter")
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2500))
    expect(headline(page, "counted_saving").locator(".change")).to_contain_text("+500.0 hm³")
    page.locator("[data-act=page][data-page=compare]").click()
    row = page.locator("[data-input=saving_target] td")
    expect(row.nth(0)).to_have_text("2,000 hm³")
    expect(row.nth(1)).to_have_text("2,500 hm³")
    costs = page.locator("[data-result=annual_cost] td")
    for place, target in enumerate((2000, 2500)):
        plan = planner_of_china.solve(open_scenario("reference").with_levers(saving_target=target))
        assert float(costs.nth(place).get_attribute("data-value")) == pytest.approx(plan.ledger.annual_cost)
    page.locator("[data-act=unpin]").click()
    expect(page.locator("[data-input=saving_target]")).to_have_count(0)


def test_the_language_changes_and_the_state_stays(visit, planner_of_china):
    page = visit()
    page.locator("input[type=number][data-lever=saving_target]").fill("2500")
    page.keyboard.press("Enter")
    scenario = open_scenario("reference").with_levers(saving_target=2500)
    shows(page, planner_of_china, scenario)
    page.locator("[data-act=view][data-name=language]").click()
    expect(page.locator("[data-act=page][data-page=plan]")).to_have_text("方案")
    shows(page, planner_of_china, scenario)
    expect(headline(page, "counted_saving").locator(".figure")).to_have_text("25.00 亿m³")
    expect(page.locator("input[type=number][data-lever=saving_target]")).to_have_value("25")
    page.locator("input[type=number][data-lever=saving_target]").fill("26.1")
    page.keyboard.press("Enter")
    shows(page, planner_of_china, open_scenario("reference").with_levers(saving_target=2610))
    english = page.locator("main").evaluate("e => e.innerText.match(/[A-Za-z]{4,}/g) || []")
    assert set(english) <= {"Excel", "TOML", "NetCDF", "Python"}


def test_a_shipped_scenario_is_opened(visit, planner_of_china):
    page = visit()
    page.locator("[data-menu-name=open]").click()
    page.locator("[data-act=open][data-name=save_where_scarce]").click()
    shows(page, planner_of_china, open_scenario("save_where_scarce"))
    expect(page.locator("h1")).to_contain_text(open_scenario("save_where_scarce").title)


def test_what_is_being_typed_is_not_overwritten_by_an_answer(visit, planner_of_china):
    page = visit()
    entry = page.locator("input[type=number][data-lever=saving_target]")
    entry.fill("2450")
    slider(page, "discount_rate").evaluate(
        "one => { one.value = 5; one.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    shows(page, planner_of_china, open_scenario("reference").with_levers(discount_rate=0.05))
    expect(entry).to_have_value("2450")
    page.keyboard.press("Enter")
    shows(page, planner_of_china, open_scenario("reference").with_levers(discount_rate=0.05, saving_target=2450))
