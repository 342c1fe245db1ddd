"""Overrides made in Python, and how many a scenario may have."""

import pytest
from overriding import SOURCE, overridden

from waterplan.base.errors import PROBLEMS_MAX, ScenarioError, suggest
from waterplan.study.scenario import Override, Scenario, apply_overrides
from waterplan.study.scenario.overrides import OVERRIDES_MAX
from waterplan.study.study import open_study


@pytest.fixture(scope="module")
def study():
    return open_study()


def test_an_override_made_in_python_takes_a_label_or_several(study):
    override = Override("water_price", {"province": "hebei"}, 5.4, "CNY/m3", SOURCE)
    assert override.where == {"province": ("hebei",)}
    assert str(override) == "water_price (hebei) = 5.4 CNY/m3"
    assert float(apply_overrides(study, Scenario(overrides=(override,)))["water_price"].sel(province="hebei")) == 5.4


@pytest.mark.parametrize(
    ("override", "help_"),
    [
        (Override("water_prise", {}, 5, "CNY/m3", SOURCE), r'scenario: .*\n  set, name: .* mean "water_price"'),
        (Override("value_added", {"province": "hebei"}, 5, "CNY/a", SOURCE), 'write "province_value_added"'),
        (Override("water_price", {}, float("nan"), "CNY/m3", SOURCE), "value: got nan; give a finite number"),
        (Override("water_price", {}, 5, "CNY/m3", SOURCE, low=6), r"set, low: 6 is above the value 5\."),
        (Override("water_price", {}, 5, "CNY/m3", SOURCE, factor=2), "give either value"),
        (Override("water_price", {}, source=SOURCE), "give either value"),
        (Override("water_price", {"sector": "paper"}, 5, "CNY/m3", SOURCE), "water_price is given by province"),
        (Override("water_price", {}, 5, "CNY/m3", SOURCE, basis="guessed"), "allowed: measured"),
    ],
    ids=range(8),
)
def test_a_wrong_override_made_in_python_is_told_what_to_do(study, override, help_):
    with pytest.raises(ScenarioError, match=help_):
        Scenario(overrides=(override,)).check(study)


def test_an_override_reads_as_a_sentence():
    assert str(overridden({"name": "intensity", "factor": 2}).overrides[0]) == "intensity times 2"


class TestHowMany:
    def test_as_many_as_a_scenario_may_have_are_read_and_applied(self, study):
        price = {"name": "water_price", "where": {"province": "hebei"}, "factor": 1.0}
        overridden(*[price] * OVERRIDES_MAX).check(study)

    def test_more_are_refused_in_words_however_they_come(self):
        with pytest.raises(ScenarioError, match=r"20,001 \[\[set\]\] tables; 20,000 is the most.*study of your own"):
            overridden(*[{}] * (OVERRIDES_MAX + 1))
        one = Override("water_price", {}, factor=1.0, source=SOURCE)
        with pytest.raises(ScenarioError, match="20,000 is the most"):
            Scenario(overrides=(one,) * (OVERRIDES_MAX + 1))

    @pytest.mark.parametrize(
        "content",
        [
            {"set": [{"nam": 1}] * OVERRIDES_MAX},
            {"set": [{f"key{n}": 1 for n in range(5000)}]},
            {"levers": {f"lever{n}": 1 for n in range(5000)}},
            {"levers": {"sector_floor": {f"sector{n}": -1 for n in range(5000)}}},
            {f"key{n}": 1 for n in range(5000)},
        ],
    )
    def test_reading_stops_at_the_hundredth_problem(self, content):
        with pytest.raises(ScenarioError) as refused:
            Scenario.from_mapping(content)
        assert PROBLEMS_MAX <= len(refused.value.problems) <= PROBLEMS_MAX + 1

    def test_that_reading_stopped_is_said(self):
        with pytest.raises(ScenarioError) as refused:
            overridden(*[{"nam": 1}] * OVERRIDES_MAX)
        assert sum("reading stopped here, at 100 problems" in str(one) for one in refused.value.problems) == 1

    @pytest.mark.parametrize(
        "content",
        [
            {"set": [{"name": "water_price", "where": {"province": [f"hebei{n}" for n in range(5000)]}, "factor": 1.0,
                      "source": SOURCE}]},
            {"set": [{"name": "saving_fraction", "factor": 5.0, "source": SOURCE}] * OVERRIDES_MAX},
            {"exclude": [f"technology{n}" for n in range(5000)]},
            {"levers": {"sector_floor": {f"sector{n}": 0.1 for n in range(5000)}}},
        ],
    )  # fmt: skip
    def test_what_does_not_fit_the_study_is_told_a_hundred_times_at_most(self, study, content):
        with pytest.raises(ScenarioError) as refused:
            Scenario.from_mapping(content, is_saved=True).check(study)
        assert len(refused.value.problems) == PROBLEMS_MAX

    def test_a_word_too_long_to_be_near_any_is_not_compared(self):
        assert suggest("water_pricx", ["water_price"]) == ' Did you mean "water_price"?'
        assert suggest("water_price" * 10**6, ["water_price"]) == ""
