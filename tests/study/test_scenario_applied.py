"""What overrides make of a study is remembered, and only a handful of it."""

from __future__ import annotations

from waterplan.study.scenario import own_study
from waterplan.study.scenario.levers import of_study
from waterplan.study.scenario.scenario import Scenario


def test_eight_results_of_a_study_are_remembered(tiny):
    study = getattr(tiny, "study", tiny)
    source = str(study.sources.index[0])
    for n in range(12):
        change = {"name": "water_price", "factor": 1 + n / 100, "source": source}
        own_study.apply(study, Scenario.from_mapping({"title": "t", "set": [change]}, "f").overrides)
    assert len(of_study(study).applied) == 8
