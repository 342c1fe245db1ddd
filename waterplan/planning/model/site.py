"""Level 2, reuse: on the site, on what level 1 left over."""

from __future__ import annotations

from waterplan.planning.model.unknowns import Columns, Given, Rows, pair_labels, plant_labels, total, weighted


def site_technology_stays_within_its_sites(x: Columns, given: Given) -> Rows:
    r"""Each site technology saves no more than its share of what reaches the site.

    .. math:: \mathrm{site\_saving}_{t,p,r} \le c_{t,p} \, N_{p,r} \quad [\mathrm{hm^3/a}]

    What was added before is taken off c. The dual is what a larger share of sites is worth.
    """
    s = given.structure
    limit, pair = given.flows.site_limit.tolist(), s.pair_site_pair.tolist()
    labels = plant_labels(s, given.site_technology, s.pair_site_pair)
    return {
        label: weighted((1.0, -c), (saving, x.after_end_use[n])) <= 0.0
        for label, saving, c, n in zip(labels, x.site_saving, limit, pair, strict=True)
    }


def site_technologies_together_stay_within_their_sites(x: Columns, given: Given) -> Rows:
    r"""All site technologies of a pair together save no more than they can when they compound.

    .. math:: \sum_t \mathrm{site\_saving}_{t,p,r} \le k_p \, N_{p,r} \quad [\mathrm{hm^3/a}]

    An outer bound for sets that leave some out; what was added before is taken off k. One technology alone needs no
    row. The dual is what more sites are worth.
    """
    s = given.structure
    start = s.pair_site_pair.searchsorted(range(len(x.after_end_use) + 1)).tolist()
    together = given.flows.site_limit_together.tolist()
    return {
        label: total(x.site_saving[start[n] : start[n + 1]]) <= together[n] * x.after_end_use[n]
        for n, label in enumerate(pair_labels(s))
        if start[n + 1] - start[n] > 1
    }


def site_saving_lowers_withdrawal(x: Columns, given: Given) -> Rows:
    r"""What is left after level 2: what existing plants still withdraw, and all that plants built since do.

    .. math:: M_{p,r} = (1 - \sum_t \mathrm{site\_share}_{t,p,r}) \, N_{p,r}
        - \sum_t \mathrm{site\_saving}_{t,p,r} + \mathrm{new\_withdrawal}_{p,r} \quad [\mathrm{hm^3/a}]

    site_share is what site technologies added before save of what arrives. The dual is what a cubic metre that is still
    withdrawn is worth: what level 3 can make of it.
    """
    s = given.structure
    start = s.pair_site_pair.searchsorted(range(len(x.after_end_use) + 1)).tolist()
    left, new = (1.0 - given.on_site).tolist(), given.flows.new_withdrawal.tolist()
    rows: Rows = {}
    for n, label in enumerate(pair_labels(s)):
        savings = x.site_saving[start[n] : start[n + 1]]
        weights = [1.0] * (len(savings) + 1) + [-left[n]]
        rows[label] = weighted(weights, [x.after_site[n], *savings, x.after_end_use[n]]) == new[n]
    return rows
