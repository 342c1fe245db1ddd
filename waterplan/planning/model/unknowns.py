"""The unknowns of the model, each between finite bounds.

=================  ==========================================================================================
``step``           gross flow of the plants that add a technology to a configuration [hm3/a]
``site_saving``    what a site technology saves [hm3/a]
``supply``         what an alternative source replaces [hm3/a]
``after_end_use``  N: what a pair still withdraws after level 1 [hm3/a]
``after_site``     M: what a pair still withdraws after levels 1 and 2 [hm3/a]
=================  ==========================================================================================

The last two follow from the others; they keep the rows short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression

from waterplan.planning.model.flows import Array
from waterplan.planning.model.scenario_numbers import Given
from waterplan.planning.model.structure import Index, Structure

Label = tuple[str, ...]
Rows = dict[Label, object]
NONE = "none"


@dataclass(frozen=True)
class Columns:
    """The variables of a Pyomo model in packed order: [local_step], [pair_site], [pair_supply], [pair], [pair]."""

    step: list[pyo.Var]
    site_saving: list[pyo.Var]
    supply: list[pyo.Var]
    after_end_use: list[pyo.Var]
    after_site: list[pyo.Var]

    def all(self) -> list[pyo.Var]:
        """Every variable, decisions first."""
        return [*self.step, *self.site_saving, *self.supply, *self.after_end_use, *self.after_site]


def pair_labels(structure: Structure) -> list[Label]:
    """(product, province) of each pair, and its barrier group (from 1) where there are more."""
    s = structure
    groups = [(str(group + 1),) if s.barrier_groups > 1 else () for group in s.pair_group.tolist()]
    return [
        (s.products[p], s.provinces[r], *group)
        for p, r, group in zip(s.pair_product.tolist(), s.pair_province.tolist(), groups, strict=True)
    ]


def configuration_labels(structure: Structure) -> list[str]:
    """The technologies of each configuration, joined by a plus sign; ``none`` for the empty one."""
    labels = []
    for use, members in zip(
        structure.configuration_use.tolist(), structure.configuration_members.tolist(), strict=True
    ):
        first, last = structure.use_app_start[use], structure.use_app_start[use + 1]
        names = [
            structure.technologies[structure.app_technology[app]]
            for app in range(first, last)
            if members >> (app - first) & 1
        ]
        labels.append("+".join(names) or NONE)
    return labels


def step_labels(structure: Structure) -> list[Label]:
    """(product, province, end_use, configuration, technology) of each local step."""
    configuration = configuration_labels(structure)
    ends = [
        (structure.end_uses[structure.use_end_use[use]], configuration[origin], structure.technologies[technology])
        for use, origin, technology in zip(
            structure.step_use, structure.step_from, structure.app_technology[structure.step_app], strict=True
        )
    ]
    pairs = pair_labels(structure)
    owner = structure.local_pair[structure.local_step_local].tolist()
    return [(*pairs[pair], *ends[step]) for pair, step in zip(owner, structure.local_step.tolist(), strict=True)]


def plant_labels(structure: Structure, technology: Index, pair: Index) -> list[Label]:
    """(technology, product, province) of each pair site app or pair supply app."""
    names, pairs = structure.technologies, pair_labels(structure)
    return [(names[t], *pairs[n]) for t, n in zip(technology.tolist(), pair.tolist(), strict=True)]


def add_columns(model: pyo.ConcreteModel, given: Given) -> Columns:
    """Gives a model its variables, all between 0 and the most that each can be."""
    s, flows = given.structure, given.flows
    reach = flows.added_share[given.step_app] * flows.gross_flow[s.local_step_local]
    site_reach = flows.site_reach(s)
    supply_reach = flows.supply_reach(s) * given.supply_is_available
    pairs = pair_labels(s)
    return Columns(
        step=_variables(model, "step", step_labels(s), reach),
        site_saving=_variables(
            model, "site_saving", plant_labels(s, given.site_technology, s.pair_site_pair), site_reach
        ),
        supply=_variables(model, "supply", plant_labels(s, given.supply_technology, s.pair_supply_pair), supply_reach),
        after_end_use=_variables(model, "after_end_use", pairs, flows.after_uses(s)),
        after_site=_variables(model, "after_site", pairs, flows.after_site(s)),
    )


def _variables(model: pyo.ConcreteModel, name: str, labels: list[Label], upper: Array) -> list[pyo.Var]:
    bounds = {label: (0.0, most) for label, most in zip(labels, np.maximum(upper, 0.0).tolist(), strict=True)}
    variable = pyo.Var(pyo.Set(initialize=labels, dimen=len(labels[0]) if labels else 1), bounds=bounds)
    model.add_component(name, variable)
    return list(variable.values())


def weighted(weights: Iterable[float], variables: Iterable[pyo.Var]) -> LinearExpression:
    """The sum of weight times variable."""
    numbers = weights.tolist() if isinstance(weights, np.ndarray) else weights
    return LinearExpression([MonomialTermExpression(term) for term in zip(numbers, variables, strict=True)])


def total(variables: Iterable[pyo.Var], weight: float = 1.0) -> LinearExpression:
    """The sum of variables, all with the same weight."""
    return LinearExpression([MonomialTermExpression((weight, variable)) for variable in variables])
