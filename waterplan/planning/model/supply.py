"""Level 3, replace: other sources for what levels 1 and 2 left over."""

from __future__ import annotations

import numpy as np

from waterplan.planning.model.unknowns import Columns, Given, Rows, pair_labels, plant_labels, total, weighted


def source_stays_within_its_sites(x: Columns, given: Given) -> Rows:
    r"""Each source replaces no more than its share of what is left.

    .. math:: \mathrm{supply}_{t,p,r} \le c_{t,p} \, M_{p,r} \quad [\mathrm{hm^3/a}]

    What was added before is taken off c. A source that does not exist in a province has no row: its bound is 0. The
    dual is what a larger share of sites is worth.
    """
    s = given.structure
    limit, pair = given.flows.supply_limit.tolist(), s.pair_supply_pair.tolist()
    labels = plant_labels(s, given.supply_technology, s.pair_supply_pair)
    return {
        labels[i]: weighted((1.0, -limit[i]), (x.supply[i], x.after_site[pair[i]])) <= 0.0
        for i in np.flatnonzero(given.supply_is_available).tolist()
    }


def sources_together_stay_below_alternative_share_max(x: Columns, given: Given) -> Rows:
    r"""All sources of a pair together replace no more than a share of what is left.

    .. math:: \sum_t \mathrm{supply}_{t,p,r} \le \mathrm{alternative\_share\_max} \, M_{p,r} \quad [\mathrm{hm^3/a}]

    What was added before is taken off the share. The dual is what a higher share would be worth.
    """
    s = given.structure
    start = s.pair_supply_pair.searchsorted(range(len(x.after_site) + 1)).tolist()
    share = given.flows.alternative_share.tolist()
    return {
        label: total(x.supply[start[n] : start[n + 1]]) <= share[n] * x.after_site[n]
        for n, label in enumerate(pair_labels(s))
        if start[n + 1] > start[n]
    }


def pool_is_not_overdrawn(x: Columns, given: Given) -> Rows:
    r"""The sources of a pool together take no more than the pool holds in a province.

    .. math:: \sum_p \sum_{t \in k} (\mathrm{source\_share}_{t,p,r} \, M_{p,r} + \mathrm{supply}_{t,p,r})
        \le \mathrm{rollout\_scale} \sum_{t \in k} \mathrm{supply\_potential}_{t,r} \quad [\mathrm{hm^3/a}]

    source_share is what sources added before replace of what is left; where they draw more at the start than the pool
    holds, no more than that. The dual is ``pool_price``: what one more cubic metre in the pool is worth.
    """
    s = given.structure
    pool = s.technology_pool[given.supply_technology]
    drawn: dict[tuple[int, int], list[int]] = {}
    for i in np.flatnonzero(given.supply_is_available & (pool >= 0)).tolist():
        drawn.setdefault((int(pool[i]), int(given.supply_province[i])), []).append(i)
    share, bound = given.pooled_share, given.pool_bound
    rows: Rows = {}
    for (k, r), sources in sorted(drawn.items()):
        before = np.flatnonzero((share[k] > 0) & (s.pair_province == r)).tolist()
        weights = [1.0] * len(sources) + share[k, before].tolist()
        variables = [x.supply[i] for i in sources] + [x.after_site[n] for n in before]
        rows[s.pools[k], s.provinces[r]] = weighted(weights, variables) <= float(bound[k, r])
    return rows
