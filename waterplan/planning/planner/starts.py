"""Where plans of a study start, kept for the next request: the base state, or what enterprises do by themselves."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property

from waterplan.planning.model.flows import Array, Values, build_flows
from waterplan.planning.model.instance import Instance, input_values
from waterplan.planning.model.prices import build_prices
from waterplan.planning.model.structure import Structure
from waterplan.planning.plan.result import Result
from waterplan.planning.planner.dictionaries import build_uses
from waterplan.planning.planner.kept_coefficients import Coefficients, Kept
from waterplan.planning.planner.kernel_input import Places, build_costs, sample_costs, sample_uses
from waterplan.planning.planner.lanes import Layout
from waterplan.planning.planner.light import MONEY, MONEY_OF_ALL, Money
from waterplan.planning.planner.stages import after_market, market_flows, market_key, market_levers, with_barrier_groups
from waterplan.study.scenario import Levers, Scenario
from waterplan.study.study import Study

Plan = Callable[[Instance, Coefficients], Result]


class Starts:
    """What a planner keeps of where plans of one study start from; safe to share between threads."""

    def __init__(self, study: Study, layout: Layout, values: dict[str, Array], before: Coefficients | None = None):
        self.study, self.layout, self._values = study, layout, values
        self._kept = Kept(before)

    def instance(self, scenario: Scenario, plan: Plan) -> tuple[Instance, Coefficients]:
        """The numbers of a scenario and what it shares with others; ``plan`` plans a stage that comes before."""
        levers = scenario.resolve(self.study)
        if levers.baseline == "market":
            key: Hashable = ("programme", levers.count_alternative_supply, market_key(scenario, levers))
            known = self._kept.of(key, lambda: self._after_market(key, scenario, levers, plan))
        else:
            key = _key(scenario, levers)
            known = self._kept.of(key, lambda: self._from_base(key, scenario, levers, self.layout))
        state = known.before.end if known.before else None
        return Instance(self.study, scenario, known.places.structure, known.values, levers, known.flows, state), known

    def put(self, coefficients: Coefficients) -> None:
        """From now on these stand in the place of those that they were made from, such as with a larger store."""
        self._kept.put(coefficients)

    def last(self) -> Coefficients | None:
        """Those last used that start from the base state."""
        return self._kept.last(self.layout)

    @cached_property
    def _grouped(self) -> Layout:
        """Each pair once for each of its barrier groups."""
        return Layout(Places.of(with_barrier_groups(self.layout.places.structure, self._values)))

    def market(self, scenario: Scenario, plan: Plan) -> tuple[Result, Coefficients]:
        """What enterprises do by themselves under the levers of a scenario, whatever its baseline; and what such plans
        share."""
        levers = scenario.resolve(self.study)
        key, of_market = market_key(scenario, levers), market_levers(levers)
        known = self._kept.of(key, lambda: self._from_base(key, scenario, of_market, self._grouped))
        structure = known.places.structure
        return plan(Instance(self.study, scenario, structure, known.values, of_market, known.flows), known), known

    def _from_base(self, key: Hashable, scenario: Scenario, levers: Levers, layout: Layout) -> Coefficients:
        values = input_values(self.study, scenario) if scenario.overrides else self._values
        s, before = layout.places.structure, self._kept.last(layout)
        make = build_flows if layout is self.layout else market_flows
        flows = make(s, values, levers, self.study.target_year - self.study.base_year)
        if before is None:
            prices = build_prices(s, values, levers, flows.reference_withdrawal)
            samples = sample_costs(s, build_costs(layout.places, flows, prices, values, levers))
        else:
            samples = before.samples
        if before is not None and before.flows.has_same_shares(flows):
            uses = before.uses
        else:
            uses = sample_uses(s, flows, samples, None if before is None else before.uses)
        return Coefficients(
            key=key, layout=layout, values=values, levers=levers, flows=flows, uses=uses,
            lanes=layout.lanes(flows, values, levers), money=_money(s, values, before), samples=samples,
        )  # fmt: skip

    def _after_market(self, key: Hashable, scenario: Scenario, levers: Levers, plan: Plan) -> Coefficients:
        """Coefficients of the fleets that the market stage leaves behind."""
        market, first = self.market(scenario, plan)
        i, (fleets, flows) = market.instance, after_market(market)
        samples = first.samples[:, fleets.app]
        layout = Layout(Places.of(fleets.structure))
        return Coefficients(
            key=key, layout=layout, values=dict(i.values), levers=levers, flows=flows,
            uses=build_uses(fleets.structure, flows, samples * flows.saving_fraction),
            lanes=layout.lanes(flows, i.values, levers), money=first.money, samples=samples,
            before=market,
        )  # fmt: skip


def _key(scenario: Scenario, levers: Levers) -> Hashable:
    """What coefficients depend on that start from the base state."""
    return (
        levers.baseline,
        levers.rollout_scale,
        levers.alternative_share_max,
        levers.output_scale.tobytes(),
        levers.count_alternative_supply,
        levers.excluded.tobytes(),
        scenario.overrides,
    )


def _money(structure: Structure, values: Values, before: Coefficients | None) -> Money:
    """What only prices are made of; that of others where nothing of it is overridden."""
    if before is None or any(values[name] is not before.values[name] for name in (*MONEY, *MONEY_OF_ALL)):
        return Money.of(structure, values)
    return before.money
