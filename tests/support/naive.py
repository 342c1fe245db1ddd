"""The planning model once more, slow and obvious: dictionaries and loops, straight from the tables.

It knows nothing of ``waterplan.planning.model``: no packed arrays, no helper unknowns, no tie-break. Every row is
written out in the decisions alone, and scipy solves it. The oracle of the tests.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from math import inf, isfinite, isnan, prod

import numpy as np
from naive_costs import capacity_cost, credit, investment
from scipy.optimize import linprog
from scipy.sparse import csr_array


class Tables:
    """The values of a study and the levers of a scenario as dictionaries by label."""

    def __init__(self, study, levers, values=None):
        self.study, self.levers = study, levers
        self.years = study.target_year - study.base_year
        dataset = study.values if values is None else values
        self.table = {name: _dictionary(variable) for name, variable in dataset.data_vars.items()}
        self.sector = dict(study.products["sector"])
        self.level = dict(study.technologies["level"])
        self.group = {t: g or t for t, g in study.technologies["exclusive_group"].fillna("").items()}
        self.joint = {t: bool(int(flag)) for t, flag in study.technologies["joint_product"].items()}
        coordinate = dataset["technology"].coords["pool"]
        self.pool = dict(zip(coordinate["technology"].values.tolist(), coordinate.values.tolist(), strict=True))
        self.pairs = sorted(self.table["output"])

    def __getitem__(self, name):
        return self.table[name]

    @cached_property
    def mean_stress(self):
        """Water stress, at most 1, weighted by reference withdrawal."""
        volume = {pair: reference_withdrawal(self, *pair) for pair in self.pairs}
        return sum(w * min(self["water_stress"][r], 1.0) for (_, r), w in volume.items()) / sum(volume.values())

    def one(self, name):
        """A value without labels."""
        return self.table[name][()]

    def lever(self, name, label, catalogue):
        """A labelled lever at a label."""
        return getattr(self.levers, name)[list(getattr(self.study, catalogue).index).index(label)]

    def at(self, level, product, end_use):
        """Technologies of a level that are listed for a product and end use."""
        listed = self.table["saving_fraction"]
        return [t for t in self.level if self.level[t] == level and (t, product, end_use) in listed]


def _dictionary(variable):
    labels = [variable[dim].values.tolist() for dim in variable.dims]
    values = {}
    for place in np.ndindex(variable.shape):
        value = float(variable.values[place])
        if not isnan(value):
            label = tuple(names[n] for names, n in zip(labels, place, strict=True))
            values[label[0] if len(label) == 1 else label] = value
    return values


@dataclass
class Answer:
    feasible: bool
    cost: float = inf
    counted_saving: float = 0.0
    shadow_price: float = 0.0
    investment: float = 0.0
    electricity: float = 0.0
    capacity: dict = field(default_factory=lambda: defaultdict(float))
    saving: dict = field(default_factory=lambda: defaultdict(float))


@dataclass
class Decision:
    """An unknown: what a unit of it adds to capacity and saves, and what a unit costs."""

    technology: str
    product: str
    province: str
    capacity: float
    saving: float
    cost: float
    most: float
    level: str


class Problem:
    """Rows over the decisions; ``solve`` finds the least cost or the largest counted saving."""

    def __init__(self, tables):
        self.tables = tables
        self.decisions = []
        self.rows = []  # ({decision: coefficient}, upper bound)
        self.reference = {}

    def decide(self, **about):
        self.decisions.append(Decision(**about))
        return len(self.decisions) - 1

    def at_most(self, coefficients, bound):
        self.rows.append((coefficients, bound))

    def solve(self, costs):
        rows, columns, values, bounds = [], [], [], []
        for number, (coefficients, bound) in enumerate(self.rows):
            bounds.append(bound)
            for decision, coefficient in coefficients.items():
                rows.append(number)
                columns.append(decision)
                values.append(coefficient)
        matrix = csr_array((values, (rows, columns)), shape=(len(bounds), len(self.decisions)))
        limits = [(0, decision.most) for decision in self.decisions]
        tight = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        return linprog(costs, A_ub=matrix, b_ub=bounds, bounds=limits, method="highs", options=tight)


def least_cost(study, levers, values=None):
    """The least-cost plan of a scenario."""
    tables = Tables(study, levers, values)
    problem = _problem(tables)
    target = len(problem.rows)
    counted = _counted(problem)
    problem.at_most({d: -saving for d, saving in counted.items()}, -levers.saving_target)
    found = problem.solve([decision.cost for decision in problem.decisions])
    if found.status == 2:
        return Answer(feasible=False)
    assert found.status == 0, found.message
    answer = Answer(feasible=True, cost=found.fun, shadow_price=-found.ineqlin.marginals[target])
    for number, (decision, amount) in enumerate(zip(problem.decisions, found.x, strict=True)):
        place = decision.technology, decision.product, decision.province
        answer.capacity[place] += decision.capacity * amount
        answer.saving[decision.level, decision.product, decision.province] += decision.saving * amount
        answer.counted_saving += counted.get(number, 0.0) * amount
        answer.investment += investment(tables, decision.technology) * decision.capacity * amount
        answer.electricity += tables["electricity_per_m3"][decision.technology] * decision.capacity * amount
    return answer


def largest_saving(study, levers, values=None):
    """The largest counted saving within all limits but the target; None when floors and caps contradict each other."""
    problem = _problem(Tables(study, levers, values))
    counted = _counted(problem)
    found = problem.solve([-counted.get(number, 0.0) for number in range(len(problem.decisions))])
    return -found.fun if found.status == 0 else None


def reference_withdrawal(tables, product, province):
    """Withdrawal of the target year at base-year efficiency [hm3/a]."""
    sector = tables.sector[product]
    output = tables["output"][product, province] * (1 + tables["output_growth"][product]) ** tables.years
    output *= tables.lever("output_scale", sector, "sectors")
    return output * tables["intensity"][product] * tables["intensity_factor"][province, sector] / 1e6


def _problem(tables):
    problem = Problem(tables)
    largest = defaultdict(float)
    wanted = defaultdict(float)
    drawn = defaultdict(list)
    for product, province in tables.pairs:
        reference = problem.reference[product, province] = reference_withdrawal(tables, product, province)
        saved = {}  # of what reaches the next level, by decision
        for end_use in tables.study.end_uses.index:
            if tables.at("end_use", product, end_use):
                saved |= _end_use(problem, largest, product, province, end_use)
        for level in ("site", "supply"):
            chosen = _whole_plant(problem, level, product, province, reference, saved)
            for t, (decision, most) in chosen.items():
                if level == "site":
                    largest[t] += most
                else:
                    wanted[t, province] += most
                    if tables.pool[t]:
                        drawn[tables.pool[t], province].append(decision)
            saved |= {decision: 1.0 for decision, _ in chosen.values()} if level == "site" else {}
    held = _pools(tables)
    for (pool, province), decisions in drawn.items():
        problem.at_most(dict.fromkeys(decisions, 1.0), held[pool, province])
    for (t, province), volume in wanted.items():
        largest[t] += min(volume, held[tables.pool[t], province]) if tables.pool[t] else volume
    _floors_and_caps(problem, largest)
    return problem


def _pools(tables):
    held = defaultdict(float)
    for (t, province), potential in tables["supply_potential"].items():
        held[tables.pool[t], province] += tables.levers.rollout_scale * potential
    return held


def _excluded(tables, t):
    return bool(tables.lever("excluded", t, "technologies"))


def _installed(tables, listed, product, end_use):
    """Base-year share and addition of each technology; additions of a group scaled to fit below 1."""
    base, added = {}, {}
    for t in listed:
        place = t, product, end_use
        applicable, before = tables["applicable_share"][place], tables["penetration_base"][place]
        after = min(1.0, before + tables.levers.rollout_scale * (tables["penetration_max"][place] - before))
        base[t], added[t] = applicable * before, applicable * (after - before)
    for group in {tables.group[t] for t in listed}:
        members = [t for t in listed if tables.group[t] == group]
        room, wanted = 1 - sum(base[t] for t in members), sum(added[t] for t in members)
        if wanted > room:
            for t in members:
                added[t] *= room / wanted
    return base, added


def _end_use(problem, largest, product, province, end_use):
    """Level 1 at one end use: decisions with what a unit of each saves."""
    tables = problem.tables
    listed = tables.at("end_use", product, end_use)
    fraction = {t: tables["saving_fraction"][t, product, end_use] for t in listed}
    base, added = _installed(tables, listed, product, end_use)
    groups = {g: [t for t in listed if tables.group[t] == g] for g in {tables.group[t] for t in listed}}
    sets = [
        frozenset(members)
        for size in range(len(groups) + 1)
        for members in combinations(listed, size)
        if len({tables.group[t] for t in members}) == size
    ]
    share = {}
    for have in sets:
        of_group = [[base[t] for t in members if t in have] for members in groups.values()]
        nothing = [1 - sum(base[t] for t in members) for members in groups.values()]
        share[have] = prod(one[0] if one else none for one, none in zip(of_group, nothing, strict=True))
    left = {have: prod(1 - fraction[t] for t in have) for have in sets}
    withdrawal = problem.reference[product, province] * tables["end_use_share"][product, end_use]
    gross = withdrawal / sum(share[have] * left[have] for have in sets)
    saved, leaving, arriving, of_technology = {}, defaultdict(list), defaultdict(list), defaultdict(list)
    for have in sets:
        for t in listed:
            if t in have or have | {t} not in share:
                continue
            most = 0.0 if _excluded(tables, t) else added[t] * gross
            saving = left[have] * fraction[t]
            cost = capacity_cost(tables, t, product, province) * fraction[t]
            cost -= credit(tables, product, province, tables["effluent_share"][end_use]) * saving
            step = problem.decide(
                technology=t, product=product, province=province, capacity=fraction[t], saving=saving, cost=cost,
                most=most, level="end_use",
            )  # fmt: skip
            saved[step] = saving
            leaving[have].append(step)
            arriving[have | {t}].append(step)
            of_technology[t].append(step)
    for have in sets:
        row = dict.fromkeys(leaving[have], 1.0) | dict.fromkeys(arriving[have], -1.0)
        problem.at_most(row, share[have] * gross)
    for t in listed:
        most = 0.0 if _excluded(tables, t) else added[t] * gross
        problem.at_most(dict.fromkeys(of_technology[t], 1.0), most)
        largest[t] += fraction[t] * most
    return saved


def _whole_plant(problem, level, product, province, reference, saved):
    """Level 2 or 3 of a pair: decisions with the most that each can be."""
    tables = problem.tables
    listed = tables.at(level, product, "site")
    base, added = _installed(tables, listed, product, "site")
    fraction = {t: tables["saving_fraction"][t, product, "site"] for t in listed}
    before = after = 1.0
    for group in {tables.group[t] for t in listed}:
        members = [t for t in listed if tables.group[t] == group]
        before *= 1 - sum(fraction[t] * base[t] for t in members)
        after *= 1 - sum(fraction[t] * (base[t] + added[t]) for t in members)
    somewhere = {t for t, _ in tables["supply_potential"]}
    chosen = {}
    for t in listed:
        there = level == "site" or t not in somewhere or (t, province) in tables["supply_potential"]
        limit = fraction[t] * added[t] / before if there and not _excluded(tables, t) else 0.0
        effluent = tables["effluent_share"]["site"] if level == "site" else 0.0
        cost = capacity_cost(tables, t, product, province) - credit(tables, product, province, effluent)
        decision = problem.decide(
            technology=t, product=product, province=province, capacity=1.0, saving=1.0, cost=cost,
            most=limit * reference, level=level,
        )  # fmt: skip
        problem.at_most({decision: 1.0} | {d: limit * s for d, s in saved.items()}, limit * reference)
        chosen[t] = decision, limit * reference
    together = 1 - after / before if level == "site" else tables.levers.alternative_share_max
    row = {decision: 1.0 for decision, _ in chosen.values()} | {d: together * s for d, s in saved.items()}
    problem.at_most(row, together * reference)
    return chosen


def _counted(problem):
    """What a unit of each decision adds to the counted saving."""
    all_levels = problem.tables.levers.count_alternative_supply
    return {n: d.saving for n, d in enumerate(problem.decisions) if d.level != "supply" or all_levels}


def _floors_and_caps(problem, largest):
    tables, counted = problem.tables, _counted(problem)
    for catalogue, lever, place in (
        ("sectors", "sector_floor", lambda product, province: tables.sector[product]),
        ("provinces", "province_floor", lambda product, province: province),
    ):
        for label in getattr(tables.study, catalogue).index:
            reference = sum(volume for pair, volume in problem.reference.items() if place(*pair) == label)
            here = {n for n, d in enumerate(problem.decisions) if place(d.product, d.province) == label}
            floor = tables.lever(lever, label, catalogue)
            problem.at_most({n: -counted[n] for n in here & counted.keys()}, -floor * reference)
    for t in tables.level:
        capacity = {n: d.capacity for n, d in enumerate(problem.decisions) if d.technology == t}
        problem.at_most(capacity, tables.lever("technology_cap", t, "technologies") * largest[t])
        floor = tables.lever("technology_floor", t, "technologies") * largest[t]
        problem.at_most({n: -amount for n, amount in capacity.items()}, -floor)
    if isfinite(tables.levers.investment_cap):
        row = {n: investment(tables, d.technology) * d.capacity for n, d in enumerate(problem.decisions)}
        problem.at_most(row, tables.levers.investment_cap)
    if isfinite(tables.levers.electricity_cap):
        per_m3 = tables["electricity_per_m3"]
        row = {n: per_m3[d.technology] * d.capacity for n, d in enumerate(problem.decisions)}
        problem.at_most(row, tables.levers.electricity_cap)
