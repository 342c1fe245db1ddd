"""The policy report: its figures are the plan's, it asks for nothing from outside, and it prints on three pages."""

import html
import re
import shlex
import shutil
import socket
import subprocess
from dataclasses import replace
from itertools import pairwise

import pytest
from conftest import TINY
from typer.testing import CliRunner

from dashboards.answers import Answers
from dashboards.exports import export
from waterplan import Plan, curve, open_scenario, write_report
from waterplan.base import formats
from waterplan.base.errors import WaterplanError
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.cli import app as commands
from waterplan.planning.explain.other_plans import other_plans
from waterplan.planning.explain.sensitivity import weights
from waterplan.report.commands import report_line
from waterplan.report.documents import document
from waterplan.report.documents.document import Html, refuse
from waterplan.report.documents.policy_report import report_document
from waterplan.study.scenario import Scenario

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


def test_names_and_sources_of_a_study_are_text_and_only_web_addresses_are_links(result, plan):
    rows = weights(result)
    cited = rows.loc[rows["basis"] == "assumed", "source"].iloc[0]
    study = plan.study
    sources, technologies = study.sources.copy(), study.technologies.copy()
    sources.loc[cited, ["title", "url"]] = [HOSTILE, "javascript:alert(1)"]
    technologies["name_en"] = HOSTILE
    text = report_document(replace(plan, study=replace(study, sources=sources, technologies=technologies)), "en", rows)
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text
    assert "javascript:alert(1)" in told(text)
    assert not re.search(r"""href=["']?javascript""", text)


def test_making_a_pdf_opens_no_connection_and_reads_no_file(monkeypatch, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be seen")
    asked = []
    monkeypatch.setattr(socket.socket, "connect", lambda *where: asked.append(where))
    monkeypatch.setattr(document, "refuse", lambda url: asked.append(url) or refuse(url))
    parts = [Html(f'<img src="{url}">') for url in ("http://127.0.0.1:9/a.png", secret.as_uri())]
    style = Html('<style>@import url("http://127.0.0.1:9/b.css");</style>')
    made = document.to_pdf(document.document("A page", "en", style, *parts))
    assert made.startswith(b"%PDF-")
    assert set(asked) == {"http://127.0.0.1:9/a.png", "http://127.0.0.1:9/b.css", secret.as_uri()}


def test_without_pango_it_says_what_to_install(monkeypatch):
    def missing(name):
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(document, "import_module", missing)
    with pytest.raises(WaterplanError, match=r"libpango-1\.0-0 libpangoft2-1\.0-0; or write the report as \.html"):
        document.to_pdf("<p>")


@pytest.mark.parametrize("name", ["reference", "stretch", "equal_province_floors", "save_where_scarce"])
def test_the_command_at_its_foot_asks_the_same_question(china, name):
    for scenario in (open_scenario(name), open_scenario(name).with_levers(saving_target=1234.5)):
        line, needs_file = report_line(scenario, "china-2015")
        words = shlex.split(line)
        sets = [after for word, after in pairwise(words) if word == "--set"]
        assert not needs_file
        assert open_scenario(words[2]).with_settings(sets).digest(china) == scenario.digest(china)


@LANGUAGES
def test_what_must_be_said_beside_the_figures_is_said(documents, plan, language):
    text = told(documents[language])
    for key in ("caution", "rests_note", "curve_note"):
        assert Texts("report", language)(key) in text
    assert {"en": "not a quota", "zh": "并非配额"}[language] in text
    for name in ("study_digest", "scenario_digest", "versions"):
        assert plan.dataset.attrs[name] in text


@LANGUAGES
def test_the_assumed_figures_that_weigh_most_are_named_with_their_sources(documents, result, language):
    text, rows = told(documents[language]), weights(result)
    for _, row in rows[rows["basis"] == "assumed"].head(5).iterrows():
        assert term(row["name"]).label(language) in text
        title = "title_zh" if language == "zh" else "title"
        assert result.instance.study.sources.loc[row["source"], title] in text


@LANGUAGES
def test_the_pdf_has_three_pages_and_brings_its_signs(pdfs, language):
    file = str(pdfs / f"{language}.pdf")
    assert re.search(r"^Pages:\s+3$", run("pdfinfo", file), re.MULTILINE)
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


@pytest.mark.parametrize(("kind", "begins"), [("report_html", b"<!DOCTYPE html>"), ("report_pdf", b"%PDF-")])
def test_the_pages_export_the_same_report(planner, kind, begins):
    scenario = Scenario(title="From the page", levers={"saving_target": 60})
    name, media, content = export(kind, Answers(planner), scenario, "en")
    assert name.rpartition(".")[2] in media
    assert content.startswith(begins)
    if kind == "report_html":
        result = planner.solve(scenario)
        points = curve.curve(planner, scenario.with_levers(saving_target=0.0))
        plan = Plan.of(result)
        others = other_plans(planner, plan)
        assert content.decode() == report_document(plan, "en", weights(result), points, others)


@LANGUAGES
@pytest.mark.parametrize(
    ("levers", "sentences", "others_not"),
    [
        ({}, ("barriers_out", "caution"), ("caution_market", "caution_turnover")),
        ({"saving_target": 0}, ("caution",), ("barriers_out", "caution_market")),
        ({"baseline": "market", "saving_target": 3000}, ("barriers_out", "caution_market"), ("caution",)),
        ({"baseline": "turnover"}, ("caution_turnover",), ("barriers_out", "caution", "caution_market")),
    ],
)
def test_what_comes_anyway_is_said_as_it_is_for_the_scenario(planner_of_china, language, levers, sentences, others_not):
    plan, say = Plan.of(planner_of_china.solve(Scenario(title="A case", levers=levers))), Texts("report", language)
    text = told(report_document(plan, language, others=other_plans(planner_of_china, plan)))
    assert [key for key in sentences if say(key) not in text] == []
    assert [key for key in others_not if say(key) in text] == []
    for kind, volume in (("turnover", 19697.507), ("market", 17951.983)):
        number, _ = formats.quantity("hm3/a", volume, language, 2)
        assert number in text, kind
    assert (say("row_on_top_most") in text) == (levers == {})
    assert say("lines_by_province") in text
