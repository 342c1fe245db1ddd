"""A stage before the programme: what enterprises do by themselves.

It is asked as any plan is, in the enterprise perspective and without a target, of each barrier group on its own. A
programme with the baseline ``market`` starts from the state in which it ends.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from waterplan.planning.model.fleets import Fleets, with_groups
from waterplan.planning.model.flows import Flows, Values, build_flows
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import Structure
from waterplan.planning.plan.result import Result
from waterplan.study.scenario import Levers, Scenario


def market_levers(levers: Levers) -> Levers:
    """The levers of a market stage: those of the scenario that enterprises meet.

    No target, floors, caps or scarcity credit; roll-out, pools and exclusions bind. What stands in their way is told by
    barrier groups in place of barrier_cost, and joint products are charged to water by their share.
    """
    return replace(
        levers,
        baseline="turnover",
        count_from="frozen",
        perspective="enterprise",
        discount_rate=levers.hurdle_rate,  # enterprises have no other
        cost_accounting="water_share",
        saving_target=0.0,
        barrier_cost=0.0,
        scarcity_value=0.0,
        sector_floor=np.zeros_like(levers.sector_floor),
        province_floor=np.zeros_like(levers.province_floor),
        technology_floor=np.zeros_like(levers.technology_floor),
        technology_cap=np.ones_like(levers.technology_cap),
        value_added_cut=0.0,
        non_conventional_min=np.zeros_like(levers.non_conventional_min),
        investment_cap=np.inf,
        electricity_cap=np.inf,
        count_alternative_supply=True,
    )


def market_key(scenario: Scenario, levers: Levers) -> Hashable:
    """What a market stage depends on."""
    values = vars(market_levers(levers)).values()
    return (*(one.tobytes() if isinstance(one, np.ndarray) else one for one in values), scenario.overrides)


def with_barrier_groups(structure: Structure, values: Values) -> Structure:
    """The structure of a study with each pair once for each of its barrier groups."""
    return with_groups(structure, values["barrier"].shape[1])


def market_flows(structure: Structure, values: Values, levers: Levers, years: int) -> Flows:
    """The coefficients of a market stage; ``structure`` with barrier groups."""
    s, flows = structure, build_flows(structure, values, levers, years)
    return replace(flows, barrier=levers.barrier_scale * values["barrier"][s.pair_sector, s.pair_group])


def after_market(market: Result) -> tuple[Fleets, Flows]:
    """The fleets that a market stage leaves behind, and what they can add."""
    flows = market.instance.flows
    return market.end.flows(replace(flows, barrier=np.zeros_like(flows.barrier)))


def market_instance(given: Instance) -> Instance:
    """The market stage before a programme whose numbers start from the base state."""
    i, levers = given, market_levers(given.levers)
    structure = with_barrier_groups(i.structure, i.values)
    flows = market_flows(structure, i.values, levers, i.years)
    return Instance(i.study, i.scenario, structure, i.values, levers, flows)


def programme_instance(given: Instance, market: Result) -> Instance:
    """The programme that starts where a market stage ended."""
    fleets, flows = after_market(market)
    return replace(given, structure=fleets.structure, flows=flows, state=market.end)
