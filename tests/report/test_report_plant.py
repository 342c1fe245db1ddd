"""The report of a plant: its figures are the standing's, every state is told, and it prints on at most two pages."""

import html
import math
import re
import shutil
import subprocess
from dataclasses import replace

import pandas as pd
import pytest
import standing_plants as plants

from waterplan.base import formats
from waterplan.base.messages import in_language
from waterplan.base.texts import Texts
from waterplan.plants.measures.by_technology import by_technology, together
from waterplan.plants.measures.contract import Project, missed_saving, settle
from waterplan.plants.records.records import Conversion
from waterplan.plants.standing.goal import Goal
from waterplan.plants.standing.standing import standing
from waterplan.report.documents.plant_report import plant_report, plant_report_pdf
from waterplan.report.documents.plant_tables import contract_of
from waterplan.report.documents.plant_words import Told, given

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
SCRIPT, FORMULA = "<script>alert('paid')</script>", "=cmd|' /C calc'!A0"
LUMP = "anthracite lump/briquette"
KINDS = ("paper_mill", "chemical_works", "pulp_and_paper", "without_norm")


def stand(records, study, **given_):
    return standing(records, records.sites.index[0][0], plants.YEAR, study, **given_)


@pytest.fixture(scope="module")
def standings(china):
    return {kind: stand(getattr(plants, kind)(), china) for kind in KINDS}


@pytest.fixture(scope="module")
def mill(standings):
    return standings["paper_mill"]


def seen(text):
    """What a reader sees: no style, no titles of shapes, no tags."""
    bare = re.sub(r"<style.*?</style>|<title>.*?</title>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bare)))


def told(standing_, language="en"):
    return seen(plant_report(standing_, language))


def say(key, language="en", **values):
    return Texts("plant_report", language)(key, **values)


def run(*words):
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=True).stdout


class TestFigures:
    """The paper mill: 2.4 million m3 graded and 150,000 m3 reclaimed for 100,000 t; access allows 22 m3/t."""

    @pytest.mark.parametrize(
        "figure",
        [
            "24.00 m³/t",  # 2,400,000 / 100,000
            "access: 22.00",
            "200,000 m³ above",  # (24 - 22) * 100,000
            "100,000 m³ below",  # (25 - 24) * 100,000: the limit
            "9.1%",  # 180,000 / (180,000 + 1,790,000): effluent reuse
            "2.4%",  # 60,000 / 2,550,000: leakage
            "5.9%",  # 150,000 / 2,550,000: non-conventional
            "98.0%",  # 9,800 / (9,800 + 200): cooling
            "77.4 m³/10⁴ CNY",  # 2,400,000 / 31,000
            "80,000 m³",  # 2,550,000 - 620,000 - 1,790,000 - 60,000: not accounted for
            "open by 3.1%",  # 80,000 / 2,550,000
        ],
    )
    def test_what_follows_from_the_record_is_told_as_it_is(self, mill, figure):
        assert figure in told(mill)

    @LANGUAGES
    def test_grade_score_and_place_are_the_standings(self, mill, language):
        text, row = told(mill, language), mill.places.iloc[0]
        assert f"{say('head_grade', language)} {say('short_limit', language)}" in text
        assert f"{mill.score:.0f} / 100" in text
        assert f"{row['percentile']:.0f}%" in text
        assert f"{row['lower']:.0f}–{row['upper']:.0f}%" in text

    @LANGUAGES
    @pytest.mark.parametrize("kind", KINDS)
    def test_saving_payback_and_totals_are_the_plans(self, standings, kind, language):
        one = standings[kind]
        text, totals = told(one, language), one.plan.totals
        number, unit = Told(one, Texts("plant_report", language)).volume_apart(totals["saving"])
        assert f"{number} {unit}" in text
        assert f"{formats.digits(totals['payback'], 1)} {say('years', language)}" in text
        assert say("investment_of", language, money=formats.amount("CNY", totals["investment"], language, 1)) in text
        assert formats.amount("share", totals["irr"], language, 0) in text

    @pytest.mark.parametrize("kind", KINDS)
    def test_technologies_put_together_add_up_to_the_plan(self, standings, kind):
        plan = standings[kind].plan
        rows, whole = by_technology(plan), together(plan, plan.steps)
        for name in ("saving", "investment", "running", "npv"):
            assert rows[name].sum() == pytest.approx(whole[name])
        for name in ("saving", "investment", "payback", "npv", "irr", "levelised_cost"):
            assert whole[name] == pytest.approx(plan.totals[name])
        assert set(rows["technology"]) == set(plan.steps["technology"])

    @LANGUAGES
    def test_every_step_is_named_and_the_bound_stands_beside(self, mill, language):
        text, study = told(mill, language), mill.study
        for technology in mill.plan.steps["technology"]:
            assert study.technologies.loc[technology, f"name_{language}"] in text
        for value in (mill.plan.value, mill.plan.bound):
            assert formats.amount("CNY/a", value, language, 2) in text

    @LANGUAGES
    def test_the_contract_lets_both_gain_and_a_missed_saving_is_told(self, mill, language):
        contract = contract_of(Told(mill, Texts("plant_report", language)))
        project = Project.of(mill.plan)
        assert settle(project, contract).both_gain
        assert mill.contract["lower"][contract.term] < contract.share < mill.contract["upper"][contract.term]
        text = told(mill, language)
        for _, row in missed_saving(project, contract, (1.0, 0.85, 0.7)).iterrows():
            _, factor, _ = next(
                s for s in reversed(formats.UNITS["CNY"][language][:3]) if abs(row.iloc[2]) / 10 >= s[0]
            )
            assert formats.digits(row["enterprise_npv"] * factor, 1) in text

    def test_all_that_reading_changed_is_told(self, standings):
        text = told(standings["pulp_and_paper"])
        for one in standings["pulp_and_paper"].records.conversions:
            assert f"{one.column} {one.written} → {one.became}" in text

    @LANGUAGES
    def test_sources_of_norms_and_technologies_are_named(self, mill, language):
        text = told(mill, language)
        for key in mill.ladder.loc[mill.ladder["graded_on"], "source"]:
            assert mill.study.sources.loc[key, "title_zh" if language == "zh" else "title"] in text


class TestStates:
    @LANGUAGES
    def test_without_a_norm_it_says_so(self, standings, language):
        text = told(standings["without_norm"], language)
        for key in ("grade_none", "no_norm", "no_norm_to_hold_against", "place_none", "score_none", "gap_unknown"):
            assert say(key, language) in text
        assert say("nothing_changed", language) in text

    @LANGUAGES
    def test_what_an_indicator_lacks_is_named(self, standings, language):
        missing = {"en": "steam produced", "zh": "产汽量"}[language]
        assert missing in told(standings["without_norm"], language)

    @LANGUAGES
    def test_a_goal_that_has_no_norm_leaves_the_report_without_a_plan(self, china, language):
        one = stand(plants.paper_mill(), china, goal=Goal("grade", "leading"))
        text = told(one, language)
        assert one.plan is None
        assert one.plan_fault.text(language) in text
        assert say("no_plan", language) in text
        assert say("contract", language) not in text

    @LANGUAGES
    def test_a_goal_out_of_reach_says_what_is_missing(self, china, language):
        one = stand(plants.paper_mill(output=3_000.0), china, goal=Goal("grade", "limit"))
        assert one.plan_fault.text(language) in told(one, language)

    @LANGUAGES
    def test_a_plant_at_the_best_grade_keeps_to_all(self, china, language):
        one = stand(plants.paper_mill(output=1_000_000.0), china)
        text = told(one, language)
        assert say("keeps_to_all", language) in text
        assert one.goal.kind == "payback"
        assert say("goal_payback", language, years="5", before="|", after="|").split("|")[0] in text

    @LANGUAGES
    def test_nothing_to_recommend_is_said(self, china, language):
        one = stand(plants.paper_mill(), china, goal=Goal("budget", 0.0))
        assert say("nothing_to_do", language) in told(one, language)

    @LANGUAGES
    def test_several_products_are_graded_together_and_apart(self, standings, language):
        one = standings["chemical_works"]
        text = told(one, language)
        assert say("all_products", language) in text
        for product in one.products["product"]:
            assert one.name(product, language) in text
        ratio = 7_400_000 / float(one.mix["allowed_limit"])
        assert f"{100 * ratio:.0f} % " in text

    @LANGUAGES
    def test_estimates_are_marked(self, standings, language):
        text = told(standings["chemical_works"], language)
        assert say("estimated", language, name=say("grade_limit", language)) in text
        assert say("grade_note_estimate", language) in text

    @LANGUAGES
    def test_the_basis_of_a_place_is_told(self, china, mill, language):
        assert say("basis_reference", language, count=1) in told(mill, language)
        pool = pd.DataFrame([{"plant": mill.plant, "year": mill.year, "product": "linerboard", "place": math.nan,
                              "place_low": 80.0, "place_high": 100.0, "release": 3, "merged": ""}])  # fmt: skip
        text = told(stand(plants.paper_mill(), china, place=pool), language)
        assert say("basis_pool", language) in text
        assert "80–100%" in text

    @LANGUAGES
    def test_a_product_that_no_year_has_a_norm_for_and_one_without_variant_are_told_apart(self, china, language):
        records = plants.records_of("Works", [("ammonia_coal", "", 1e5, None)], {"withdrawal_ground": 1e6})
        assert say("product_variant_missing", language) in told(stand(records, china), language)

    @LANGUAGES
    @pytest.mark.parametrize(
        ("products", "volumes"),
        [([], {"withdrawal_ground": 1e6}), ([("linerboard", "", 1e5, None)], {}), ([], {})],
        ids=["no product", "no water", "nothing"],
    )
    def test_a_record_that_lacks_nearly_everything_is_told_all_the_same(self, china, products, volumes, language):
        one = stand(plants.records_of("Mill", products, volumes), china)
        text = told(one, language)
        assert one.plan_fault.text(language) in text
        assert (say("makes_nothing", language) in text) == (not products)
        assert (say("no_flows", language) in text) == (not volumes)

    @LANGUAGES
    def test_two_variants_of_a_product_have_each_their_ladder(self, china, language):
        products = [("ammonia_coal", "bituminous", 1e5, 9e5), ("ammonia_coal", LUMP, 1e5, 8e5)]
        one = stand(plants.records_of("Works", products, {"withdrawal_ground": 1.7e6}), china)
        pieces = re.findall(r"<svg\b.*?</svg>", plant_report(one, language), re.DOTALL)
        for value, variant in (("7.5", LUMP), ("11", LUMP), ("12", "bituminous")):
            assert f">{value}</text>" in pieces[0]
            assert in_language(china.variant_name(variant), language) in pieces[0]

    @LANGUAGES
    def test_it_says_that_it_is_confidential(self, mill, language):
        text = told(mill, language)
        assert say("confidential_note", language) in text


class TestPrint:
    @LANGUAGES
    @pytest.mark.parametrize("kind", KINDS)
    def test_it_prints_on_one_or_two_pages_in_its_own_fonts(self, standings, tmp_path, kind, language):
        file = tmp_path / "report.pdf"
        file.write_bytes(plant_report_pdf(standings[kind], language))
        assert int(re.search(r"^Pages:\s+(\d+)$", run("pdfinfo", str(file)), re.MULTILINE)[1]) <= 2
        fonts = run("pdffonts", str(file)).splitlines()[2:]
        assert all(" yes " in line for line in fonts)
        text = run("pdftotext", "-layout", str(file), "-")
        assert standings[kind].plant in text
        assert ("企业水效对标报告" in text) == (language == "zh")

    def test_poppler_is_here(self):
        assert shutil.which("pdfinfo"), "install poppler-utils"

    @LANGUAGES
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_chart_has_a_text_for_who_cannot_see_it(self, standings, kind, language):
        pictures = re.findall(r"<svg\b.*?</svg>", plant_report(standings[kind], language), re.DOTALL)
        assert len(pictures) == 5
        assert all(re.search(r'role="img" aria-label="[^"]{20,}', picture) for picture in pictures)

    @LANGUAGES
    def test_it_asks_for_nothing_from_outside(self, standings, language):
        for one in standings.values():
            text = plant_report(one, language)
            assert not re.search(r"<(script|link|img|iframe|object|use|image)\b", text)
            assert not re.search(r"url\(", text)
            known = set(one.study.sources["url"].dropna()) | {"http://www.w3.org/2000/svg"}
            found = re.findall(r'(?:href|src|xmlns|xlink:href)="([^"#]+)"', text)
            assert {html.unescape(address) for address in found} <= known

    def test_another_language_tells_the_same_figures(self, mill):
        english, chinese = (set(re.findall(r"\d+\.\d%", told(mill, language))) for language in ("en", "zh"))
        assert english == chinese


@pytest.fixture(scope="module")
def hostile(china):
    changed = [Conversion(SCRIPT, FORMULA, 2, SCRIPT, FORMULA, SCRIPT)]
    records = plants.records_of(
        SCRIPT, [("linerboard", FORMULA, 1e5, None)], {"withdrawal_ground": 2.4e6, "consumed": 2.4e6},
        owner=FORMULA, in_place=[], changed=changed,
    )  # fmt: skip
    records = replace(records, products=records.products.assign(route=SCRIPT))
    return stand(records, china)


class TestHostile:
    @LANGUAGES
    def test_markup_in_names_is_text(self, hostile, language):
        text = plant_report(hostile, language)
        assert "<script" not in text
        assert html.escape(SCRIPT) in text
        assert seen(text).count(SCRIPT) >= 3  # plant, route, what reading changed

    @LANGUAGES
    def test_no_cell_or_name_begins_a_formula(self, hostile, language):
        text = re.sub(r"<style.*?</style>", "", plant_report(hostile, language), flags=re.DOTALL)
        assert html.escape(given(FORMULA)) in text
        assert not re.search(r">\s*[=+@]", text)

    def test_a_formula_as_the_name_of_the_plant_is_text(self, china):
        records = plants.records_of(FORMULA, [("linerboard", "", 1e5, None)], {"withdrawal_ground": 2.4e6})
        assert f"<h1>{html.escape(given(FORMULA))}</h1>" in plant_report(stand(records, china))

    def test_a_very_long_name_is_cut_and_control_signs_are_gone(self, china):
        records = plants.records_of("Mill\u202e\x07" * 500, [("linerboard", "", 1e5, None)], {"withdrawal_ground": 2e6})
        title = re.search(r"<h1>(.*?)</h1>", plant_report(stand(records, china)))[1]
        assert len(title) <= 90
        assert "\u202e" not in title

    def test_an_unknown_product_and_province_do_not_break_it(self, china):
        records = plants.records_of("Works", [(SCRIPT, "", 1e5, None)], {"withdrawal_ground": 2e6}, province=FORMULA)
        text = plant_report(stand(records, china), "en")
        assert "<script" not in text
        assert say("product_not_in_study") in seen(text)
