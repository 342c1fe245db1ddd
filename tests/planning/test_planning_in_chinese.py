"""What planning refuses is said in Chinese to who reads Chinese, and in English as before; both survive pickling."""

import pickle
from dataclasses import replace

import pytest
from chinese import assert_chinese
from conftest import TINY

from waterplan import compare, robust
from waterplan.base.errors import SolverError, WaterplanError
from waterplan.planning.certificate.certificate import certify
from waterplan.planning.core.library import PivotingError
from waterplan.planning.curve.curve import curve
from waterplan.planning.explain.rests import rests_on
from waterplan.planning.plan.files.netcdf import open_dataset, save_dataset
from waterplan.planning.plan.files.single import pack_table
from waterplan.planning.plan.files.workbook import save_excel
from waterplan.planning.plan.plan import Plan
from waterplan.planning.plan.result import no_plan
from waterplan.planning.planner.judge import judge
from waterplan.planning.planner.planner import Planner
from waterplan.planning.planner.question import answer
from waterplan.planning.solver import Settings
from waterplan.planning.uncertainty.robust import open_answers
from waterplan.study.scenario import Scenario

FAR = Scenario(levers={"saving_target": 9999})
TOGETHER = Scenario(levers={"saving_target": 20, "sector_floor": 0.9})
CAPPED = Scenario(levers={"sector_floor": 0.9, "investment_cap": 1})


class Given:
    """What the faults below are provoked with."""

    def __init__(self, planner, plan, folder):
        self.planner, self.study, self.plan, self.dataset, self.folder = (
            planner,
            planner.study,
            plan,
            plan.dataset,
            folder,
        )
        self.result = planner.solve(plan.scenario)

    def saved(self, **attrs):
        """A plan on disk that says something else of itself."""
        path = self.folder / "plan.nc"
        save_dataset(self.dataset.assign_attrs(attrs), path)
        return path

    def kept(self, dataset):
        path = self.folder / "other.nc"
        save_dataset(dataset, path)
        return path

    def opened(self, dataset):
        return open_dataset(self.kept(dataset), self.study)

    def written(self, content, name="file.nc"):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def certified(self, dataset):
        return certify(dataset, self.study, self.plan.scenario)

    def other_money(self, **attrs):
        return replace(self.plan, dataset=self.dataset.assign_attrs(attrs))


def _spoilt(given):
    whole = bytearray(given.saved().read_bytes())
    whole[len(whole) // 2] ^= 255
    return open_dataset(given.written(bytes(whole)), given.study)


FAULTS = {
    "target": (lambda g: g.planner.solve(FAR), "No plan saves 9,999 hm3/a"),
    "judge": (lambda g: judge(g.study, FAR), "No plan saves 9,999 hm3/a"),
    "limits": (lambda g: g.planner.solve(TOGETHER), "contradict each other, whatever the saving target: sector_floor"),
    "curve": (lambda g: curve(g.planner, CAPPED), "contradict each other"),
    "cancelled": (lambda g: g.planner.solve(g.plan.scenario, cancelled=lambda: True), "A newer request"),
    "time": (lambda g: g.planner.solve(g.plan.scenario, time_limit=-1), "No plan was found within -1 s"),
    "time of HiGHS": (lambda g: judge(g.study, FAR, Settings(time_limit=0)), "It was given 0 s; give it more"),
    "no study": (lambda g: Planner("tiny"), "give a study, such as open_study"),
    "no scenario": (lambda g: g.planner.solve("reference"), "give a scenario, such as open_scenario"),
    "no decisions": (lambda g: g.certified(g.dataset.drop_vars("supply")), "The plan has no supply"),
    "a cost": (lambda g: g.certified(g.dataset.assign(objective=g.dataset.objective + 1)), "the plan states"),
    "a line lost": (lambda g: g.certified(g.dataset.drop_vars("saving")), "saving at missing from the plan"),
    "a line more": (lambda g: g.certified(g.dataset.assign(luck=1.0)), "luck at not recomputed"),
    "a limit": (lambda g: g.certified(g.dataset.assign(step_flow=-g.dataset.step_flow)), "broken; the worst at"),
    "a step": (
        lambda g: g.certified(g.dataset.assign(step_product=g.dataset.step_product.str.replace("^", "x", regex=True))),
        "which the study does not have",
    ),
    "no file": (lambda g: Plan.open(g.folder / "no.nc", g.study), "Give a plan that was saved with"),
    "a folder": (lambda g: Plan.open(g.folder, g.study), "this is a folder, not a file. Give a plan"),
    "no path": (lambda g: Plan.open(3, g.study), "give the path of a plan"),
    "a text": (lambda g: Plan.open(g.written(b"a text"), g.study), "not a NetCDF-4 file"),
    "spoilt": (_spoilt, "damaged, or changed by another program"),
    "half": (lambda g: Plan.open(g.written(b"\x89HDF\r\n\x1a\n"), g.study), "cannot be read as NetCDF"),
    "another study": (lambda g: open_dataset(g.saved(study_digest="0" * 64), g.study), "made of the study"),
    "no title": (lambda g: g.opened(g.dataset.drop_attrs(deep=False)), "the plan does not say its title"),
    "no TOML": (lambda g: open_dataset(g.saved(scenario="[levers"), g.study), "nobody can tell what was asked"),
    "an attribute": (lambda g: g.saved(title=[1]), "must be text without NUL"),
    "variables": (lambda g: g.opened(g.dataset.drop_vars("cost").assign(luck=1.0)), "the plan lacks cost"),
    "dims": (lambda g: g.opened(g.dataset.assign(saving=g.dataset.cost)), "stands by perspective, not by"),
    "labels": (lambda g: g.opened(g.dataset.isel(sector=[0])), "labels are not those of the study"),
    "one plan": (lambda g: compare([g.plan]), "at least two plans; got 1"),
    "no plans": (lambda g: compare("plans"), "give a list of plans"),
    "names": (lambda g: compare([g.plan, g.plan], ["a"]), "2 plans and 1 names"),
    "money": (lambda g: compare([g.plan, g.other_money(price_year=2001)]), "the price year is"),
    "currency": (lambda g: compare([g.plan, g.other_money(currency="EUR")]), "the currency is"),
    "sectors": (lambda g: compare([g.plan, replace(g.plan, dataset=g.dataset.isel(sector=[0]))]), "different things"),
    "a table": (lambda g: pack_table("html", []), 'a table as "html"'),
    "columns": (lambda g: pack_table("csv", [("a", [1]), ("b", [])]), "not of the same length"),
    "language": (lambda g: save_excel(g.dataset, g.study, g.folder / "a.xlsx", "fr"), 'language "fr"'),
    "traced": (lambda g: rests_on(g.result, "anual_cost"), 'Did you mean "annual_cost"'),
    "traced by": (lambda g: rests_on(g.result, "saving", planet="mars"), "Use technology, product"),
    "traced at": (lambda g: rests_on(g.result, "saving", sector="papr"), 'Did you mean "paper"'),
    "traced for": (lambda g: rests_on(g.result, "saving", perspective="mine"), "Perspectives of cost: programme"),
    "probability": (lambda g: robust(g.plan.scenario, g.study, probability=2), "less than 1, such as 0.9"),
    "robust": (lambda g: robust(Scenario(levers={"saving_target": 0}), g.study), "has no saving_target"),
    "answers": (lambda g: open_answers(g.folder), "no robust answers are in this store"),
}  # fmt: skip


@pytest.fixture(scope="module")
def given(planner, plan, tmp_path_factory):
    return Given(planner, plan, tmp_path_factory.mktemp("given"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_the_language_of_its_reader(given, name):
    provoke, english = FAULTS[name]
    with pytest.raises(WaterplanError) as caught:
        provoke(given)
    assert english in str(caught.value)
    assert_chinese(caught.value.text("zh"))


@pytest.mark.parametrize("name", ["target", "limits", "cancelled", "a cost", "spoilt", "probability"])
def test_a_fault_comes_whole_from_another_process(given, name):
    with pytest.raises(WaterplanError) as caught:
        FAULTS[name][0](given)
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert [again.text(language) for language in ("en", "zh")] == [str(caught.value), caught.value.text("zh")]


def test_what_is_attainable_comes_from_another_process_with_the_error():
    again = pickle.loads(pickle.dumps(no_plan(12.0, 10.0)))
    assert (again.attainable, again.shortfall, again.ways_out) == (10.0, 2.0, ())


@pytest.mark.parametrize("ask", [lambda: answer(TINY, FAR, "magic"), lambda: Planner.solve(None, FAR, guess="x")])
def test_a_call_that_is_not_as_it_must_be_is_told_in_both_languages(ask):
    with pytest.raises(ValueError, match="allowed: ") as caught:
        ask()
    assert_chinese(caught.value.args[0].text("zh"))


def test_pivoting_that_does_not_end_is_an_error_of_the_solver():
    error = PivotingError()
    assert isinstance(error, SolverError)
    assert pickle.loads(pickle.dumps(error)).text("zh") == error.text("zh")
    assert_chinese(error.text("zh"))


def test_a_certificate_is_read_in_either_language(given):
    certificate = given.certified(given.dataset)
    assert str(certificate).startswith("certified: ")
    assert [len(certificate.text(language).splitlines()) for language in ("en", "zh")] == [3, 3]
    assert_chinese(certificate.text("zh"))
