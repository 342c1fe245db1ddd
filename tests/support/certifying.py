"""Plans to certify, for the tests of the certificate."""

from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario

EVERY_LINE = {  # each ledger line of the tiny study has something on it
    "saving_target": 150,
    "carbon_price": 50,
    "water_tax": 0.1,
    "barrier_cost": 0.1,
    "scarcity_value": 1,
    "investment_subsidy": 0.2,
}


def asked(overrides=(), exclude=(), **levers):
    return Scenario(title="test", levers=levers, overrides=tuple(overrides), exclude=tuple(exclude))


def planned(study, scenario):
    return Plan.of(Planner(study).solve(scenario)).dataset
