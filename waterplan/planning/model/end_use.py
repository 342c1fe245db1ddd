"""Level 1, reduce: plants add technologies to an end use, one step at a time."""

from __future__ import annotations

from waterplan.planning.model.unknowns import Columns, Given, Label, Rows, configuration_labels, pair_labels, weighted


def _use_labels(given: Given) -> list[Label]:
    """(product, province, end_use) of each local."""
    s, pairs = given.structure, pair_labels(given.structure)
    end_use = [s.end_uses[e] for e in s.use_end_use.tolist()]
    return [(*pairs[pair], end_use[use]) for pair, use in zip(s.local_pair.tolist(), s.local_use.tolist(), strict=True)]


def _shared_uses(given: Given) -> list[tuple[int, int]]:
    """(local, use) where an end use has more than one technology."""
    s = given.structure
    shared = (s.use_app_start[1:] - s.use_app_start[:-1] > 1)[s.local_use]
    return [(local, use) for local, use in enumerate(s.local_use.tolist()) if shared[local]]


def steps_leave_from_plants_that_exist(x: Columns, given: Given) -> Rows:
    r"""Plants with a configuration that add a technology are not more than have that configuration.

    .. math:: m^0_S \, G_{p,r,e} + \sum_t \mathrm{step}_{p,r,e,S \setminus t,t} - \sum_t \mathrm{step}_{p,r,e,S,t} \ge 0
        \quad [\mathrm{hm^3/a}]

    A plant may take several steps. One technology alone on an end use needs no row: its bound says the same. The dual
    is what a cubic metre of gross flow with this configuration is worth.
    """
    s, flows = given.structure, given.flows
    labels, configurations = _use_labels(given), configuration_labels(s)
    arriving: dict[int, list[int]] = {}
    leaving: dict[int, list[int]] = {}
    for step, (origin, end) in enumerate(zip(s.step_from.tolist(), s.step_to.tolist(), strict=True)):
        leaving.setdefault(origin, []).append(step)
        arriving.setdefault(end, []).append(step)
    base, gross, start = flows.start_share.tolist(), flows.gross_flow.tolist(), given.local_step_start.tolist()
    rows: Rows = {}
    for local, use in _shared_uses(given):
        shift = start[local] - int(s.use_step_start[use])
        for here in range(s.use_configuration_start[use], s.use_configuration_start[use + 1]):
            if here in leaving:
                steps = [x.step[shift + step] for step in leaving[here] + arriving.get(here, [])]
                weights = [1.0] * len(leaving[here]) + [-1.0] * (len(steps) - len(leaving[here]))
                rows[*labels[local], configurations[here]] = weighted(weights, steps) <= base[here] * gross[local]
    return rows


def technology_stays_within_its_rollout(x: Columns, given: Given) -> Rows:
    r"""A technology is added on no more of the gross flow than the roll-out allows.

    .. math:: \sum_S \mathrm{step}_{p,r,e,S,t} \le (\mathrm{installed\_max}_t - \mathrm{installed\_base}_t) \, G_{p,r,e}
        \quad [\mathrm{hm^3/a}]

    A technology with one step only needs no row: its bound says the same. The dual is what a faster roll-out is worth.
    """
    s, flows = given.structure, given.flows
    labels = _use_labels(given)
    steps_of: dict[int, list[int]] = {}
    for step, app in enumerate(s.step_app.tolist()):
        steps_of.setdefault(app, []).append(step)
    names = [s.technologies[t] for t in s.app_technology.tolist()]
    added, gross, start = flows.added_share.tolist(), flows.gross_flow.tolist(), given.local_step_start.tolist()
    rows: Rows = {}
    for local, use in _shared_uses(given):
        shift = start[local] - int(s.use_step_start[use])
        for app in range(s.use_app_start[use], s.use_app_start[use + 1]):
            if len(steps_of[app]) > 1:
                steps = [x.step[shift + step] for step in steps_of[app]]
                rows[*labels[local], names[app]] = weighted([1.0] * len(steps), steps) <= added[app] * gross[local]
    return rows


def end_use_saving_lowers_withdrawal(x: Columns, given: Given) -> Rows:
    r"""What is left after level 1: the reference withdrawal less what the steps save.

    .. math:: N_{p,r} = \mathrm{reference\_withdrawal}_{p,r}
        - \sum_{e,S,t} \mathrm{remaining\_fraction}_S \, \mathrm{saving\_fraction}_t \, \mathrm{step}_{p,r,e,S,t}
        \quad [\mathrm{hm^3/a}]

    The dual is what a cubic metre that reaches the site is worth: what levels 2 and 3 can make of it.
    """
    bounds = given.step_pair.searchsorted(range(len(x.after_end_use) + 1)).tolist()
    saving, reference = given.step_saving.tolist(), given.flows.after_uses(given.structure).tolist()
    rows: Rows = {}
    for pair, label in enumerate(pair_labels(given.structure)):
        first, last = bounds[pair], bounds[pair + 1]
        left = weighted([1.0, *saving[first:last]], [x.after_end_use[pair], *x.step[first:last]])
        rows[label] = left == reference[pair]
    return rows
