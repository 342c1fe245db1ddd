"""What a plan states, as plain arrays: its figures over their labels, and where it comes from.

Decisions are all that is believed; every figure beside them is made of them once more. No state is written: what
plants have when the plan begins follows from the base year and from what enterprises do by themselves.

With ``baseline`` frozen or turnover, decisions are those of provinces:

- ``step_technology, _product, _province, _end_use, _configuration`` [step], ``step_flow`` [step, hm3/a];
- ``site_saving``, ``supply`` [technology, product, province, hm3/a].

With ``market`` these are sums over the groups of enterprises (dim ``group``, labelled as in barriers.csv), and there
are

- ``step_flow_by_group`` [step, group, hm3/a];
- ``choice_technology, choice_product`` [choice], ``choice_volume`` [choice, province, group, hm3/a]: site technologies
  and sources, whose level is that of the technology;
- ``market_step_technology, _product, _end_use, _configuration`` [market_step], ``market_step_flow`` [market_step,
  province, group, hm3/a] and ``market_choice_technology, market_choice_product`` [market_choice],
  ``market_choice_volume`` [market_choice, province, group, hm3/a]: what enterprises do by themselves;
- ``market_pool_price`` [pool, province, CNY/m3]: what binds them together, and all that shows that nothing pays better.

Rows of the same labels add. Units of results are in the vocabulary; those of a programme are differences between its
end and its start: what it takes from site technologies and sources that were there before is taken off theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

Array = np.ndarray[Any, Any]
Variable = tuple[tuple[str, ...], Array]
DECISIONS = ("step_flow", "site_saving", "supply", "objective")
OF_MARKET = ("step_flow_by_group", "choice_volume", "market_step_flow", "market_choice_volume", "market_pool_price")


@dataclass(frozen=True)
class Statement:
    """The figures of a plan: name -> (dims, values); names and units as in the vocabulary.

    labels: of each dim; coords: what else is known of labels, such as ``technology_level``. attrs: digests, bounds.
    """

    variables: Mapping[str, Variable]
    labels: Mapping[str, Sequence[Any]]
    coords: Mapping[str, Variable]
    attrs: Mapping[str, Any]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> Statement:
        """What a Dataset states."""
        variables = {str(name): (tuple(map(str, one.dims)), one.values) for name, one in dataset.data_vars.items()}
        coords = {str(name): (tuple(map(str, one.dims)), one.values) for name, one in dataset.coords.items()}
        dims = [name for name, (own, _) in coords.items() if own == (name,)]
        labels = {name: coords.pop(name)[1].tolist() for name in dims}
        return cls(variables, labels, coords, dict(dataset.attrs))

    def __contains__(self, name: str) -> bool:
        return name in self.variables

    def __getitem__(self, name: str) -> Array:
        """The values of a variable, or of what is known of labels."""
        return (self.variables.get(name) or self.coords[name])[1]

    def over(self, name: str, dims: Sequence[str], labels: Mapping[str, Sequence[Any]]) -> Array:
        """The values of a variable over these labels of these dims, in this order; NaN where it has none."""
        own, values = self.variables[name]
        values = np.asarray(values).transpose([own.index(dim) for dim in dims])
        for axis, dim in enumerate(dims):
            here, wanted = self.labels.get(dim), labels[dim]
            if here is None or list(here) == list(wanted):
                continue
            place = {label: n for n, label in enumerate(here)}
            found = [place.get(label, len(here)) for label in wanted]
            nothing = np.full_like(values.take([0], axis=axis), np.nan, dtype=float)
            values = np.concatenate([values, nothing], axis=axis).take(found, axis=axis)
        return values
