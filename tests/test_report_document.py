"""The policy report: its figures are the plan's, it asks for nothing from outside, and it prints on two pages."""

import html
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from conftest import TINY
from typer.testing import CliRunner

from waterplan import Plan, curve, formats, report_document, weights, write_report
from waterplan.cli import app as commands
from waterplan.errors import WaterplanError
from waterplan.report.document import refuse
from waterplan.scenario import Scenario

HOSTILE = '<script>alert("paid")</script>'
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture(scope="module")
def result(planner_of_china):
    levers = {"saving_target": 2500, "sector_floor": {"paper": 0.05}}
    return planner_of_china.solve(Scenario(title="A report", title_zh="一份报告", levers=levers))


@pytest.fixture(scope="module")
def plan(result):
    return Plan.of(result)


@pytest.fixture(scope="module")
def documents(planner_of_china, result, plan):
    points = curve.curve(planner_of_china, result.instance.scenario.with_levers(saving_target=0.0))
    return {language: report_document(plan, language, weights(result), points) for language in ("en", "zh")}


@pytest.fixture(scope="module")
def pdfs(planner_of_china, result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pdf")
    for language in ("en", "zh"):
        write_report(result, folder / f"{language}.pdf", language, planner_of_china)
    return folder


def told(text):
    """What a reader sees of a page."""
    return re.sub(
        r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style.*?</style>", "", text, flags=re.S)))
    )


def run(*words):
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=True).stdout


@LANGUAGES
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("hm3/a", "counted_saving"),
        ("MCNY/a", "annual_cost"),
        ("CNY/m3", "shadow_price"),
        ("MCNY", "investment"),
        ("hm3/a", "base_withdrawal"),
        ("hm3/a", "reference_withdrawal"),
        ("hm3/a", "planned_withdrawal"),
    ],
)
def test_its_figures_are_the_plans(documents, plan, language, kind, name):
    number, _ = formats.quantity(kind, float(plan.dataset[name].sum()), language, 2)
    assert number in told(documents[language])


@LANGUAGES
def test_every_technology_that_saves_much_is_named(documents, plan, language):
    saving = plan.dataset["saving_by_technology"].to_series().sort_values(ascending=False)
    for label in saving.index[:10]:
        assert plan.study.technologies.loc[label, f"name_{language}"] in told(documents[language])


@LANGUAGES
def test_it_says_which_lever_was_moved_and_what_reproduces_it(documents, language):
    text = told(documents[language])
    assert "waterplan report reference --set saving_target=2500 --set sector_floor.paper=0.05" in text
    assert "2,500" in text or "25.00" in text


@LANGUAGES
def test_it_holds_all_charts_with_a_text_for_who_cannot_see_them(documents, language):
    pictures = re.findall(r"<svg\b.*?</svg>", documents[language], re.DOTALL)
    assert len(pictures) >= 4
    assert all(re.search(r'aria-label="[^"]{20,}', picture) for picture in pictures)


@LANGUAGES
def test_it_asks_for_nothing_from_outside(documents, language):
    text = documents[language]
    assert not re.search(r"<(script|link|img|iframe|object)\b", text)
    assert not re.search(r"url\((?!['\"]?(#|data:))", text)


def test_pdf_making_may_not_fetch():
    with pytest.raises(ValueError, match="outside"):
        refuse("http://example.org/pixel.png")


@LANGUAGES
def test_what_comes_from_outside_is_text(plan, language):
    hostile = replace(plan, scenario=replace(plan.scenario, title=HOSTILE, title_zh=HOSTILE, why=HOSTILE))
    text = report_document(hostile, language)
    assert "<script" not in text
    assert html.escape(HOSTILE) in text or "&lt;script&gt;" in text


@LANGUAGES
def test_the_pdf_has_two_pages_and_brings_its_signs(pdfs, language):
    file = str(pdfs / f"{language}.pdf")
    assert re.search(r"^Pages:\s+2$", run("pdfinfo", file), re.MULTILINE)
    fonts = run("pdffonts", file).splitlines()[2:]
    assert fonts
    assert all(" yes " in line for line in fonts), "a font is not embedded"
    text = run("pdftotext", "-layout", file, "-")
    assert ("一份报告" if language == "zh" else "A report") in text
    if language == "zh":
        assert any("CJK" in line for line in fonts)


def test_poppler_is_here():
    assert shutil.which("pdfinfo"), "install poppler-utils"


def test_another_end_is_refused(result, tmp_path):
    with pytest.raises(WaterplanError, match=r"\.html"):
        write_report(result, tmp_path / "report.docx")


def test_the_command_writes_both_kinds(tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text('title = "Command"\n[levers]\nsaving_target = 60\n', encoding="utf-8")
    for name in ("report.html", "report.pdf"):
        words = ["report", str(scenario), "--study", str(TINY), "-o", str(tmp_path / name)]
        done = CliRunner().invoke(commands.app, words)
        assert done.exit_code == 0, done.output
    assert (tmp_path / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert "Command" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_scenario_without_a_plan_has_no_report(tmp_path):
    scenario = tmp_path / "s.toml"
    scenario.write_text('title = "Too much"\n[levers]\nsaving_target = 9999\n', encoding="utf-8")
    words = ["report", str(scenario), "--study", str(TINY), "-o", str(tmp_path / "report.html")]
    assert CliRunner().invoke(commands.app, words).exit_code != 0
    assert not (tmp_path / "report.html").exists()
