"""The pages in a real browser: what a visitor does, and that the numbers are those of the planner."""

import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("panel")
sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]

from waterplan import Plan, Planner, open_scenario  # noqa: E402

expect = sync_api.expect
ROOT = Path(__file__).parents[1]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000  # ms, on a machine that does other things too
expect.set_options(timeout=PATIENCE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(*words, port=None):
    """The dashboard as its command starts it; its address, and what it logs."""
    port = port or free_port()
    log = Path(os.environ.get("TMPDIR", "/tmp")) / f"waterplan-dashboard-{port}.log"
    command = [sys.executable, "-m", "waterplan", "dashboard", "--port", str(port), *words]
    with log.open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/readiness", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address, log
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        log.unlink()


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def visit(server, browser):
    """Opens a page for a visitor of his own; fails on console errors, outside requests and server tracebacks."""
    address, log = server
    faults, contexts = [], []

    def watch(page):
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
        page.on("request", lambda request: is_outside(request.url) and faults.append(f"outside: {request.url}"))

    def is_outside(url):
        parts = urlsplit(url)
        return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc

    def opened(query="", **options):
        context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch(page)
        page.goto(f"{address}/{query}")
        expect(page.locator(".waterplan")).to_have_attribute("data-drawn", re.compile(r"\d"), timeout=PATIENCE)
        return page

    opened.faults = faults
    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def planner(china):
    return Planner(china)


def headline(page, name="annual_cost"):
    return page.locator(f"[data-headline={name}]")


def shows(page, planner, scenario):
    """Waits until the page has the numbers of the scenario's plan, as ``waterplan plan --json`` gives them."""
    told = Plan.of(planner.solve(scenario)).headline()
    wanted = {name: told[name] for name in ("annual_cost", "shadow_price", "counted_saving", "investment")}
    read = "all => all.map(one => [one.dataset.headline, Number(one.dataset.value)])"
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        shown = dict(page.locator("[data-headline]").evaluate_all(read))
        if {name: shown.get(name) for name in wanted} == pytest.approx(wanted, rel=1e-9, abs=1e-9):
            return
        assert time.monotonic() < deadline, f"the page shows {shown}, the plan is {wanted}"
        page.wait_for_timeout(20)


def slider(page, lever, label=""):
    return page.locator(f"input[type=range][data-lever={lever}][data-label='{label}']")


def test_the_first_page_is_the_reference_plan(visit, planner):
    page = visit()
    shows(page, planner, open_scenario("reference"))
    assert headline(page).locator(".number").inner_text() == "432.4"
    assert headline(page, "counted_saving").locator(".number").inner_text() == "2,000"
    for key in ("base", "reference", "planned"):
        expect(page.locator(f"[data-volume={key}]")).to_be_visible()
    expect(page.locator("[data-card=withdrawal] footer")).to_contain_text("Withdrawal is not consumption")
    expect(page.locator("[data-card=map] footer")).to_contain_text("not a quota")
    expect(page.locator("[data-province]")).to_have_count(31)


def test_a_slider_moves_by_key(visit, planner):
    page = visit()
    slider(page, "saving_target").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    shows(page, planner, open_scenario("reference").with_levers(saving_target=2030))
    expect(page.locator("[data-mark=target]")).to_have_attribute("data-value", "2030")


def test_a_slider_moves_by_mouse(visit, planner):
    page = visit()
    box = slider(page, "saving_target").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    page.mouse.down()
    for n in range(1, 12):
        page.mouse.move(box["x"] + box["width"] * (0.4 + 0.02 * n), box["y"] + box["height"] / 2)
    page.mouse.up()
    target = float(slider(page, "saving_target").input_value())
    assert 2500 < target < 4000
    shows(page, planner, open_scenario("reference").with_levers(saving_target=target))


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
def test_every_kind_of_lever_gives_the_plan_of_its_scenario(visit, planner, group, lever, label, keys, value):
    page = visit()
    if label:
        page.locator(f"[data-group={group}] > summary").click()
        page.locator(f"[data-of={lever}] > summary").click()
    slider(page, lever, label).focus()
    for key in keys:
        page.keyboard.press(key)
    shows(page, planner, open_scenario("reference").with_levers(**{lever: {label: value} if label else value}))
    page.locator(f"[data-act=reset-lever][data-lever={lever}][data-label='{label}']").click()
    shows(page, planner, open_scenario("reference"))


def test_switches_and_choices_are_moved_by_keyboard(visit, planner):
    page = visit()
    page.locator("[data-choice=programme]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-choice=enterprise]")).to_have_attribute("aria-checked", "true")
    shows(page, planner, open_scenario("reference").with_levers(perspective="enterprise"))
    page.locator("input[data-lever=count_alternative_supply]").focus()
    page.keyboard.press("Space")
    shows(
        page,
        planner,
        open_scenario("reference").with_levers(perspective="enterprise", count_alternative_supply=False),
    )


def test_a_technology_is_found_and_switched_off(visit, planner):
    page = visit()
    page.locator("[data-act-search]").fill("leak detection and pipe renewal (non")
    page.locator("label.switch", has=page.locator("input[data-lever=excluded][data-label=leak_control_cross]")).click()
    shows(page, planner, open_scenario("reference").with_levers(excluded=["leak_control_cross"]))


def test_steps_are_taken_back_and_made_again(visit, planner):
    page = visit()
    page.locator("input[type=number][data-lever=saving_target]").fill("2400")
    page.keyboard.press("Enter")
    shows(page, planner, open_scenario("reference").with_levers(saving_target=2400))
    page.locator("[data-act=undo]").click()
    shows(page, planner, open_scenario("reference"))
    page.locator("[data-act=redo]").click()
    shows(page, planner, open_scenario("reference").with_levers(saving_target=2400))
    page.locator("[data-act=reset]").click()
    shows(page, planner, open_scenario("reference"))


def test_an_infeasible_scenario_says_what_to_relax_and_does_it(visit, planner):
    page = visit("?v=1&saving_target=4900")
    expect(page.locator("[data-card=infeasible]")).to_contain_text(
        "At most 4,614 hm³ can be saved; 286.3 hm³ are missing"
    )
    page.locator("[data-act=way]", has_text="roll-out").click()
    expect(page.locator("[data-card=infeasible]")).to_have_count(0)
    rollout = float(slider(page, "rollout_scale").input_value())
    scale = json.loads(f"[{re.search(r'rollout_scale=([0-9.]+)', page.url)[1]}]")[0]
    assert math.isclose(rollout, scale, abs_tol=0.05)
    shows(page, planner, open_scenario("reference").with_levers(saving_target=4900, rollout_scale=scale))


def test_pinned_scenarios_are_compared(visit, planner):
    page = visit()
    page.locator("[data-act=pin]").click()
    page.locator("input[type=number][data-lever=saving_target]").fill("2500")
    page.keyboard.press("Enter")
    shows(page, planner, open_scenario("reference").with_levers(saving_target=2500))
    expect(headline(page, "counted_saving").locator(".change")).to_contain_text("+500.0 hm³")
    page.locator("[data-act=page][data-page=compare]").click()
    row = page.locator("[data-input=saving_target] td")
    expect(row.nth(0)).to_have_text("2,000 hm³")
    expect(row.nth(1)).to_have_text("2,500 hm³")
    costs = page.locator("[data-result=annual_cost] td")
    for place, target in enumerate((2000, 2500)):
        plan = planner.solve(open_scenario("reference").with_levers(saving_target=target))
        assert float(costs.nth(place).get_attribute("data-value")) == pytest.approx(plan.ledger.annual_cost)
    page.locator("[data-act=unpin]").click()
    expect(page.locator("[data-input=saving_target]")).to_have_count(0)


def test_a_link_restores_the_page(visit, planner):
    page = visit()
    page.locator("[data-act=pin]").click()
    page.locator("[data-group=sector] > summary").click()
    page.locator("[data-of=sector_floor] > summary").click()
    page.locator("input[type=number][data-lever=sector_floor][data-label=paper]").fill("15")
    page.keyboard.press("Enter")
    scenario = open_scenario("reference").with_levers(sector_floor={"paper": 0.15})
    shows(page, planner, scenario)
    expect(page).to_have_url(re.compile("sector_floor=paper:0.15"))
    other = visit("?" + page.url.partition("?")[2])
    shows(other, planner, scenario)
    expect(other.locator(".pinned")).to_be_visible()
    page.reload()
    shows(page, planner, scenario)


def test_the_language_changes_and_the_state_stays(visit, planner):
    page = visit()
    page.locator("input[type=number][data-lever=saving_target]").fill("2500")
    page.keyboard.press("Enter")
    scenario = open_scenario("reference").with_levers(saving_target=2500)
    shows(page, planner, scenario)
    page.locator("[data-act=view][data-name=language]").click()
    expect(page.locator("[data-act=page][data-page=plan]")).to_have_text("方案")
    shows(page, planner, scenario)
    expect(headline(page, "counted_saving").locator(".figure")).to_have_text("25.00 亿m³")
    expect(page.locator("input[type=number][data-lever=saving_target]")).to_have_value("25")
    page.locator("input[type=number][data-lever=saving_target]").fill("26.1")
    page.keyboard.press("Enter")
    shows(page, planner, open_scenario("reference").with_levers(saving_target=2610))
    english = page.locator("main").evaluate("e => e.innerText.match(/[A-Za-z]{4,}/g) || []")
    assert set(english) <= {"Excel", "TOML", "NetCDF", "Python"}


def test_two_visitors_at_once_do_not_mix(visit, planner):
    one, two = visit(), visit()
    for page, target in ((one, 2200), (two, 2700), (one, 2300), (two, 2800)):
        page.locator("input[type=number][data-lever=saving_target]").fill(str(target))
        page.keyboard.press("Enter")
    shows(one, planner, open_scenario("reference").with_levers(saving_target=2300))
    shows(two, planner, open_scenario("reference").with_levers(saving_target=2800))


def test_a_shipped_scenario_is_opened(visit, planner):
    page = visit()
    page.locator("[data-menu-name=open]").click()
    page.locator("[data-act=open][data-name=save_where_scarce]").click()
    shows(page, planner, open_scenario("save_where_scarce"))
    expect(page.locator("h1")).to_contain_text(open_scenario("save_where_scarce").title)


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", ["page=plan", "page=data", "page=compare", "page=plan&saving_target=4900"])
def test_pages_pass_the_rules_of_accessibility(visit, view, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(f"?v=1&theme={theme}&{view}")
    expect(page.locator(".updating")).to_have_count(0)
    found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    told = [
        (rule["id"], node["target"], node["html"][:160])
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]
    assert told == []


def test_a_lost_connection_is_told_and_comes_back_with_the_state(browser, planner):
    port = free_port()
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    with serving(port=port) as (address, _):
        page.goto(f"{address}/?v=1&saving_target=2600&theme=dark")
        shows(page, planner, open_scenario("reference").with_levers(saving_target=2600))
    expect(page.locator(".notice.lost")).to_be_visible()
    with serving(port=port):
        expect(page.locator(".notice.lost")).to_have_count(0)
        shows(page, planner, open_scenario("reference").with_levers(saving_target=2600))
        expect(page.locator(".waterplan")).to_have_attribute("data-theme", "dark")
    page.close()


def test_answers_carry_security_headers(server):
    address, _ = server
    with urllib.request.urlopen(f"{address}/") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for place in ("liveness", "readiness"):
        with urllib.request.urlopen(f"{address}/{place}") as answer:
            assert answer.status == 200
