"""Plans that are held against their tables and against the full model."""

from waterplan.planning.certificate import examine
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.judge import difference, judge_by_arrays
from waterplan.study.scenario import Scenario


def asked(*overrides, exclude=(), **levers):
    return Scenario(title="Edge", levers=levers, overrides=overrides, exclude=tuple(exclude))


def certified(planner, scenario):
    """The plan of a scenario, which survives recomputation from the tables and which the full model finds too."""
    result = planner.solve(scenario)
    certificate = examine(Plan.of(result).dataset, planner.study, scenario)
    assert certificate.ok, str(certificate)
    cost, volume = difference(result, judge_by_arrays(planner.study, scenario))
    unit = result.instance.flows.unit
    assert cost <= 1e-9
    assert volume <= 1e-6 * unit
    return result
