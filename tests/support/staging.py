"""Stages of planning for the tests: from any state, in the model and in the plain implementation at once."""

from dataclasses import dataclass, replace
from functools import cached_property

import naive_stages
import numpy as np
from places import TINY
from spoiling import Copy
from told_whole import tell_whole

from waterplan.planning.model.decisions import Decisions
from waterplan.planning.model.fleets import LocalConfigurations, with_groups
from waterplan.planning.model.flows import build_flows
from waterplan.planning.model.instance import Instance, input_values
from waterplan.planning.model.matrices import build_matrices
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.state import State
from waterplan.planning.model.structure import build_structure
from waterplan.planning.plan.deployment import deployment_of
from waterplan.planning.plan.ledger import build_ledger
from waterplan.planning.solver import Settings, decisions_of, solve
from waterplan.study.scenario import Scenario


def tell_plainly(folder):
    """A copy of the tiny study with all that a study may tell, its output in plain tonnes for the plain
    implementation."""
    copy = tell_whole(Copy(TINY, folder))
    for province in ("middle", "south"):
        row = copy.row("output", product="plate", province=province, unit="万t")
        copy.set("output", row, value="1e7", low="8e6", high="1.2e7", unit="t/a")
    return copy


@dataclass(frozen=True)
class Stage:
    """One planning problem of a study, from a state; ``first`` has the coefficients of the base state."""

    first: Instance
    state: State
    instance: Instance

    @classmethod
    def of(cls, study, scenario=None, groups=1, **levers):
        """That from the base state. levers: those of the scenario, by name."""
        scenario = (scenario or Scenario()).with_levers(**levers)
        structure, values = with_groups(build_structure(study), groups), input_values(study, scenario)
        resolved = scenario.resolve(study)
        flows = build_flows(structure, values, resolved, study.target_year - study.base_year)
        first = Instance(study, scenario, structure, values, resolved, flows)
        return cls.starting(first, State.base(structure, flows))

    @classmethod
    def starting(cls, first, state):
        fleets, flows = state.flows(first.flows)
        return cls(first, state, replace(first, structure=fleets.structure, flows=flows))

    def asking(self, **levers):
        """The same with levers of the resolved kind."""
        first = replace(self.first, levers=replace(self.first.levers, **levers))
        return replace(self, first=first, instance=replace(self.instance, levers=first.levers))

    def with_barriers(self):
        """A market: each group of a sector meets its barrier."""
        i = self.instance
        barrier = i.values["barrier"][i.structure.pair_sector, i.structure.pair_group]
        return replace(self, instance=replace(i, flows=replace(i.flows, barrier=i.levers.barrier_scale * barrier)))

    @cached_property
    def given(self):
        i = self.instance
        return Given(i.structure, i.flows, i.own_prices, i.values, i.levers)

    @cached_property
    def compiled(self):
        return build_matrices(self.given)

    @cached_property
    def solution(self):
        return solve(self.compiled, self.instance.structure)

    @property
    def decisions(self):
        return self.solution.decisions

    def some_decisions(self, seed):
        """Anything that limits allow: part of the way to a corner of what is feasible when nothing is asked for."""
        rng = np.random.default_rng(seed)
        free = replace(self.compiled, cost=rng.normal(size=len(self.compiled.cost)) * (self.compiled.cost != 0))
        solution = solve(free, self.instance.structure, Settings(tolerance=1e-9))
        assert solution.status == "optimal"
        corner, part = decisions_of(self.instance.structure, free, solution.values), rng.uniform(0.2, 0.8)
        return Decisions(*(part * getattr(corner, name) for name in ("step", "site_saving", "supply")))

    def a_tenth(self):
        """A tenth of what is left for each technology alone, which is within the limits of the tiny study."""
        i, given = self.instance, self.given
        s, flows = i.structure, i.flows
        start = flows.start_share[s.step_from[s.local_step]]
        step = 0.1 * np.minimum(start, flows.added_share[given.step_app]) * flows.gross_flow[s.local_step_local]
        return Decisions(step, 0.1 * flows.site_reach(s), 0.1 * flows.supply_reach(s) * given.supply_is_available)

    def after(self, decisions):
        """The stage that starts where this one ends."""
        i = self.instance
        return Stage.starting(self.first, self.state.after(i.structure, i.flows, decisions))

    def ledger(self, decisions):
        i = self.instance
        deployment = deployment_of(i.structure, i.flows, decisions)
        return build_ledger(i.structure, i.flows, i.values, i.levers, i.prices, deployment)

    @property
    def cost(self):
        """Of the solution, without the tie-break [MCNY/a]."""
        return self.ledger(self.decisions).objective

    def naive(self, tables):
        """The state in the plain implementation."""
        s, state = self.first.structure, self.state
        found = naive_stages.State(tables, range(1, s.barrier_groups + 1))
        places = zip(s.pair_product.tolist(), s.pair_province.tolist(), s.pair_group.tolist(), strict=True)
        cells = [(s.products[p], s.provinces[r], g + 1) for p, r, g in places]
        at = LocalConfigurations(s)
        for place, (local, configuration) in enumerate(zip(at.local, at.configuration, strict=True)):
            use = s.local_use[local]
            members, begin = int(s.configuration_members[configuration]), s.use_app_start[use]
            some = frozenset(s.technologies[s.app_technology[app]] for app in range(begin, s.use_app_start[use + 1])
                             if members >> int(app - begin) & 1)  # fmt: skip
            end_use = s.end_uses[s.use_end_use[use]]
            assert some in found.share[cells[s.local_pair[local]]][end_use]
            found.share[cells[s.local_pair[local]]][end_use][some] = float(state.configuration_share[place])
        for there, owner, technology, share in (
            (found.site, s.pair_site_pair, s.site_technology[s.pair_site], state.site_share),
            (found.source, s.pair_supply_pair, s.supply_technology[s.pair_supply], state.source_share),
        ):
            for pair, t, part in zip(owner, technology, share, strict=True):
                there[cells[pair]][s.technologies[t]] = float(part)
        return found
