"""The naive stacked curve: every technology as if it were alone. Shown beside the real one, never instead of it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from waterplan.planning.model.flows import Array
from waterplan.planning.model.instance import Instance
from waterplan.planning.model.structure import totals


def naive_stack(instance: Instance) -> xr.Dataset:
    """:func:`stand_alone`, with the technologies named."""
    found = {name: ("technology", values) for name, values in stand_alone(instance).items()}
    return xr.Dataset(found, coords={"technology": list(instance.structure.technologies)})


def stand_alone(instance: Instance) -> dict[str, Array]:
    """What each technology would save and cost if it were the only one [technology].

    stand_alone_saving: its largest capacity [hm3/a]; stand_alone_cost: yearly cost less avoided charges per m3 of it
    [CNY/m3, NaN where it has no capacity]. Added up, the savings count the same water several times: technologies on
    one end use compound, and site and supply act on what is left.
    """
    s, flows, prices = instance.structure, instance.flows, instance.own_prices
    share = instance.values["effluent_share"]
    count = len(s.technologies)
    volume, cost = np.zeros(count), np.zeros(count)
    at_uses = (flows.saving_fraction * flows.added_share)[s.local_app] * flows.gross_flow[s.local_app_local]
    effluent: Array = share[s.use_end_use[s.local_use]][s.local_app_local]
    supply_technology = s.supply_technology[s.pair_supply]
    opened = s.supply_available[supply_technology, s.pair_province[s.pair_supply_pair]]
    rows = (
        (s.app_technology[s.local_app], s.local_pair[s.local_app_local], at_uses, effluent),
        (
            s.site_technology[s.pair_site],
            s.pair_site_pair,
            flows.site_reach(s),
            share[s.end_uses.index("site")],
        ),
        (
            supply_technology,
            s.pair_supply_pair,
            flows.supply_reach(s) * opened,
            0.0,
        ),
    )
    for technology, pair, largest, discharged in rows:
        sector, province = s.pair_sector[pair], s.pair_province[pair]
        unit = prices.unit_cost[technology, sector, province] - prices.withdrawal_credit[sector, province]
        unit = unit - discharged * prices.effluent_credit[sector, province]
        volume += totals(technology, largest, count)
        cost += totals(technology, unit * largest, count)
    unit_cost = np.divide(cost, volume, out=np.full(count, np.nan), where=volume > 0)
    return {
        "stand_alone_saving": np.minimum(volume, np.maximum(flows.largest_capacity, 0.0)),
        "stand_alone_cost": unit_cost,
    }
