"""States of plants and stages of planning once more, slow and obvious, straight from the CSV files of a study.

Turnover, market and programme: what comes anyway, and plans that start from there. Every row is written out, one cell
(product, province, group of barriers) after the other, and HiGHS solves it. It knows nothing of ``waterplan``.
"""

import copy
import csv
import math
import tomllib
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import highspy
import numpy as np

FAR = 1e9
LEVERS = {
    "discount_rate": 0.08, "hurdle_rate": 0.15, "rollout_scale": 1.0, "alternative_share_max": 0.3, "water_tax": 0.0,
    "barrier_scale": 1.0, "count_alternative_supply": True, "cost_accounting": "water_share", "output_scale": {},
    "carbon_price": 0.0, "electricity_price_scale": 1.0, "water_price_scale": 1.0, "excluded": (),
}  # fmt: skip


class Tables:
    """The values of a study by their keys, and levers."""

    def __init__(self, folder, **levers):
        self.folder = Path(folder)
        settings = tomllib.loads((self.folder / "study.toml").read_text(encoding="utf-8"))
        self.base, self.target = settings["base_year"], settings["target_year"]
        given = {name: value for name, value in settings["levers"].items() if name in LEVERS}
        self.levers = LEVERS | given | levers
        self.of_sector = self._values("sector_values", "sector", "variable")
        self.of_product = self._values("product_values", "product", "variable")
        self.output = self._values("output", "product", "province")
        self.of_end_use = self._values("end_use_values", "end_use", "variable")
        self.end_use_share = self._values("end_use_shares", "product", "end_use")
        self.of_technology = self._values("technology_values", "technology", "variable")
        self.of_app = self._values("applicability", "technology", "product", "end_use", "variable")
        self.potential = self._values("supply_potential", "technology", "province")
        self.pool = {row["technology"]: row["pool"] for row in self._rows("supply_potential")}
        self.factor = self._values("province_sector_values", "province", "sector", "variable")
        self.of_province = self._values("province_values", "province", "variable")
        self.price = {key: value for (key,), value in self._values("prices", "variable").items()}
        self.barrier = {(s, int(g)): value for (s, g), value in self._values("barriers", "sector", "group").items()}
        self.sector = {row["product"]: row["sector"] for row in self._rows("products")}
        self.technology = {row["technology"]: row for row in self._rows("technologies")}
        self.apps = defaultdict(list)  # (product, end use, or "site" or "supply") -> technologies
        for t, p, e, variable in self.of_app:
            if variable == "saving_fraction":
                level = self.technology[t]["level"]
                self.apps[p, e if level == "end_use" else level].append(t)
        self.uses = defaultdict(list)  # product -> end uses with technologies
        for p, e in self.apps:
            if e not in ("site", "supply"):
                self.uses[p].append(e)

    def _rows(self, name):
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _values(self, name, *keys):
        return {tuple(row[key] for key in keys): float(row["value"]) for row in self._rows(name)}

    def group(self, t):
        return self.technology[t]["exclusive_group"] or t

    def fraction(self, t, p, e):
        return self.of_app[t, p, e, "saving_fraction"]

    def installed(self, p, e, technologies, phi):
        """installed_base and installed_max by technology."""
        rollout, base, added = self.levers["rollout_scale"] * phi, {}, {}
        for t in technologies:
            share, first, most = (
                self.of_app[t, p, e, name] for name in ("applicable_share", "penetration_base", "penetration_max")
            )
            base[t] = share * first
            added[t] = share * min(1.0, first + rollout * (most - first)) - base[t]
        for members in self.grouped(technologies):
            room = max(1 - sum(base[t] for t in members), 0.0)
            wanted = sum(added[t] for t in members)
            if wanted > room:
                for t in members:
                    added[t] *= room / wanted
        return base, {t: base[t] + added[t] for t in technologies}

    def grouped(self, technologies):
        found = defaultdict(list)
        for t in technologies:
            found[self.group(t)].append(t)
        return list(found.values())

    def configurations(self, technologies):
        sets = (frozenset(some) for n in range(len(technologies) + 1) for some in combinations(technologies, n))
        return [some for some in sets if len({self.group(t) for t in some}) == len(some)]

    def remaining(self, some, p, e):
        return math.prod(1 - self.fraction(t, p, e) for t in some)

    def whole_plant(self, p, level, phi):
        """c by technology, and k."""
        technologies = self.apps.get((p, level), [])
        base, most = self.installed(p, "site", technologies, phi)
        before, after = (
            math.prod(1 - sum(self.fraction(t, p, "site") * share[t] for t in members)
                      for members in self.grouped(technologies))
            for share in (base, most)
        )  # fmt: skip
        return {t: self.fraction(t, p, "site") * (most[t] - base[t]) / before for t in technologies}, 1 - after / before

    def unit_cost(self, t, r, rate, barrier):
        own, levers = (lambda name: self.of_technology.get((t, name), 0.0)), self.levers
        years, carbon = own("lifetime"), levers["carbon_price"] / 1000
        payment = 1 / years if rate == 0 else rate * (1 + rate) ** years / ((1 + rate) ** years - 1)
        if self.technology[t]["joint_product"] == "1" and levers["cost_accounting"] == "water_share":
            return payment * own("investment") * own("water_share") + own("running_cost_water_share") + barrier
        heat = self.price["heat_price"] + carbon * self.price["heat_emission_factor"]
        electricity = self.of_province[r, "electricity_price"] * levers["electricity_price_scale"]
        electricity += carbon * self.of_province[r, "grid_emission_factor"]
        energy = own("heat") * heat + own("electricity") * electricity
        return payment * own("investment") + own("running_cost") + energy + barrier

    def credits(self, s, r, perspective):
        """What a m3 not withdrawn and one not discharged earn."""
        if perspective == "programme":
            return 0.0, 0.0
        public, sewer = self.of_sector[s, "public_supply_share"], self.of_sector[s, "sewer_share"]
        supplied = self.of_province[r, "water_price"] * self.levers["water_price_scale"]
        own = self.of_province[r, "resource_fee"] + self.price["own_intake_cost"]
        effluent = sewer * self.of_province[r, "sewage_fee"] + (1 - sewer) * self.price["effluent_treatment_cost"]
        return public * supplied + (1 - public) * own + self.levers["water_tax"], effluent


class State:
    """What plants have, by cell: ``share`` of each configuration at each end use, and what site technologies save and
    sources replace."""

    def __init__(self, tables, groups=(1,)):
        self.groups, self.share = tuple(groups), {}
        self.site, self.source = defaultdict(lambda: defaultdict(float)), defaultdict(lambda: defaultdict(float))
        for p, r in tables.output:
            for g in self.groups:
                self.share[p, r, g] = {e: _base_shares(tables, p, e) for e in tables.uses[p]}

    def copy(self):
        other = copy.copy(self)
        other.share = {cell: {e: dict(m) for e, m in uses.items()} for cell, uses in self.share.items()}
        for name in ("site", "source"):
            kept = defaultdict(lambda: defaultdict(float))
            for cell, shares in getattr(self, name).items():
                kept[cell].update(shares)
            setattr(other, name, kept)
        return other


def _base_shares(tables, p, e):
    technologies = tables.apps[p, e]
    base, _ = tables.installed(p, e, technologies, 1.0)
    found = {}
    for some in tables.configurations(technologies):
        share = 1.0
        for members in tables.grouped(technologies):
            inside = [t for t in members if t in some]
            share *= base[inside[0]] if inside else 1 - sum(base[t] for t in members)
        found[some] = max(share, 0.0)
    return found


class Year:
    """What flows in a year, by pair [hm3/a]: frozen efficiency, plants of the base year, plants built since."""

    def __init__(self, tables, baseline, year=None, earlier=None):
        year = year or tables.target
        count = year - tables.base
        self.phi = count / (tables.target - tables.base)
        self.frozen, self.existing, self.new, self.kept = {}, {}, {}, {}
        for (p, r), output in tables.output.items():
            s = tables.sector[p]
            scale = tables.levers["output_scale"].get(s, 1.0) ** self.phi
            target = output * (1 + tables.of_product[p, "output_growth"]) ** count * scale
            intensity = tables.of_product[p, "intensity"] * tables.factor[r, s, "intensity_factor"] / 1e6
            old, ratio = target, 1.0
            if baseline != "frozen":
                old = min(target, output * (1 - tables.of_product[p, "retirement_rate"]) ** count)
                old = min(old, earlier.kept[p, r]) if earlier else old
                ratio = tables.of_product[p, "new_intensity_ratio"]
            self.kept[p, r], self.frozen[p, r] = old, target * intensity
            self.existing[p, r], self.new[p, r] = old * intensity, (target - old) * intensity * ratio


def gross_flow(tables, state, year, cell, e):
    """G of a cell: an equal part of that of its pair."""
    p, r, _ = cell
    average = sum(share * tables.remaining(some, p, e) for some, share in _base_shares(tables, p, e).items())
    return year.existing[p, r] * tables.end_use_share[p, e] / average / len(state.groups)


def volumes(tables, state, year):
    """N, M and what sources replace, by cell."""
    after_uses, after_site, replaced = {}, {}, {}
    for cell, uses in state.share.items():
        p, r, _ = cell
        others = sum(share for (q, e), share in tables.end_use_share.items() if q == p and e not in uses)
        left = year.existing[p, r] / len(state.groups) * others
        for e, shares in uses.items():
            rest = sum(share * tables.remaining(some, p, e) for some, share in shares.items())
            left += gross_flow(tables, state, year, cell, e) * rest
        after_uses[cell] = left
        after_site[cell] = left * (1 - sum(state.site[cell].values())) + year.new[p, r] / len(state.groups)
        replaced[cell] = sum(state.source[cell].values()) * after_site[cell]
    return after_uses, after_site, replaced


def fresh(tables, state, year):
    """Planned withdrawal of fresh water [hm3/a]."""
    _, after_site, replaced = volumes(tables, state, year)
    return sum(after_site.values()) - sum(replaced.values())


class Program:
    """A linear program, written down row by row."""

    def __init__(self):
        self.cost, self.upper, self.meaning, self.rows = [], [], [], []

    def column(self, cost, upper=FAR, meaning=None):
        self.cost.append(cost)
        self.upper.append(max(upper, 0.0))
        self.meaning.append(meaning)
        return len(self.cost) - 1

    def row(self, weights, low, high):
        if weights:
            self.rows.append((weights, low, high))

    def solve(self):
        """The columns, and the dual of the last row."""
        program, solver = highspy.HighsLp(), highspy.Highs()
        program.num_col_, program.num_row_ = len(self.cost), len(self.rows)
        program.col_cost_, program.col_upper_ = np.array(self.cost), np.array(self.upper)
        program.col_lower_ = np.zeros(len(self.cost))
        program.row_lower_ = np.array([low for _, low, _ in self.rows])
        program.row_upper_ = np.array([high for _, _, high in self.rows])
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = np.concatenate([[0], np.cumsum([len(weights) for weights, _, _ in self.rows])])
        matrix.index_ = np.array([column for weights, _, _ in self.rows for column in weights])
        matrix.value_ = np.array([weight for weights, _, _ in self.rows for weight in weights.values()])
        for option, value in {"output_flag": False, "threads": 1, "primal_feasibility_tolerance": 1e-9,
                              "dual_feasibility_tolerance": 1e-9}.items():  # fmt: skip
            solver.setOptionValue(option, value)
        solver.passModel(program)
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = solver.getSolution()
        return np.array(solution.col_value), solution.row_dual[-1]


def stage(tables, state, year, perspective, target=None, barriers=False):
    """One stage from a state: the state that it ends in, its cost [MCNY/a], the price of the target [CNY/m3] and its
    investment [MCNY]."""
    program, counted, constant, pools = Program(), defaultdict(float), 0.0, defaultdict(lambda: defaultdict(float))
    levers, reached = tables.levers, {}
    at_start, _, _ = volumes(tables, state, year)
    for cell in state.share:
        n, m = _cell(program, tables, state, year, cell, perspective, barriers, at_start[cell], pools)
        reached[cell] = n, m
        counted[m] += sum(state.source[cell].values()) * levers["count_alternative_supply"] - 1
        constant += year.frozen[cell[:2]] / len(state.groups)
    if levers["count_alternative_supply"]:
        for column, meaning in enumerate(program.meaning):
            if meaning and meaning[0] == "supply":
                counted[column] += 1
    _pools(program, tables, state, year, pools)
    if target is not None:
        program.row(dict(counted), target - constant, math.inf)
    value, price = program.solve()
    investment = sum(
        value[n] * meaning[2] * tables.of_technology[meaning[1], "investment"]
        for n, meaning in enumerate(program.meaning)
        if meaning
    )
    after = _after(tables, state, year, program, value, reached)
    return after, float(np.dot(program.cost, value)), price if target is not None else 0.0, investment


def _cell(program, tables, state, year, cell, perspective, barriers, at_start, pools):
    """Columns and rows of a cell; the columns of N and M."""
    p, r, g = cell
    s, levers = tables.sector[p], tables.levers
    barrier = levers["barrier_scale"] * tables.barrier[s, g] if barriers else 0.0
    rate = levers["hurdle_rate" if perspective == "enterprise" else "discount_rate"]
    water, effluent = tables.credits(s, r, perspective)
    on_site, replaced = sum(state.site[cell].values()), sum(state.source[cell].values())
    discharged = tables.of_end_use["site", "effluent_share"]

    def may(t):
        return FAR if t not in levers["excluded"] else 0.0

    n = program.column(0.0)
    left = {n: 1.0}
    for e, shares in state.share[cell].items():
        gross, technologies = gross_flow(tables, state, year, cell, e), tables.apps[p, e]
        _, most = tables.installed(p, e, technologies, year.phi)
        flows, rollout = defaultdict(dict), defaultdict(dict)
        for some in shares:
            for t in technologies:
                if t in some or some | {t} not in shares:
                    continue
                adds = tables.fraction(t, p, e)
                saves = adds * tables.remaining(some, p, e)
                earned = (1 - on_site) * (1 - replaced) * water
                earned += (tables.of_end_use[e, "effluent_share"] - on_site * discharged) * effluent
                cost = adds * tables.unit_cost(t, r, rate, barrier) - saves * earned
                step = program.column(cost, may(t), ("step", t, adds, cell, e, some))
                flows[some][step], flows[some | {t}][step], rollout[t][step], left[step] = 1.0, -1.0, 1.0, saves
        for some, weights in flows.items():
            program.row(weights, -math.inf, shares[some] * gross)
        for t, weights in rollout.items():
            has = sum(share for some, share in shares.items() if t in some)
            program.row(weights, -math.inf, max(most[t] - has, 0.0) * gross)
    program.row(left, at_start, at_start)
    m = program.column(0.0)
    rest, together = {m: 1.0, n: on_site - 1}, {}
    limits, limit = tables.whole_plant(p, "site", year.phi)
    for t, share in limits.items():
        earned = (1 - replaced) * water + discharged * effluent
        saved = program.column(tables.unit_cost(t, r, rate, barrier) - earned, may(t), ("site", t, 1.0, cell))
        rest[saved] = together[saved] = 1.0
        program.row({saved: 1.0, n: -max(share - state.site[cell][t], 0.0)}, -math.inf, 0.0)
    program.row({**together, n: -max(limit - on_site, 0.0)}, -math.inf, 0.0)
    new = year.new[p, r] / len(state.groups)
    program.row(rest, new, new)
    sources = {}
    for t, share in tables.whole_plant(p, "supply", year.phi)[0].items():
        is_there = t not in tables.pool or (t, r) in tables.potential
        cost = tables.unit_cost(t, r, rate, barrier) - water
        supply = program.column(cost, may(t) if is_there else 0.0, ("supply", t, 1.0, cell))
        sources[supply] = 1.0
        program.row({supply: 1.0, m: -max(share - state.source[cell][t], 0.0)}, -math.inf, 0.0)
        if t in tables.pool:
            pools[tables.pool[t], r][supply] += 1.0
            pools[tables.pool[t], r][m] += state.source[cell][t]
    program.row({**sources, m: -max(levers["alternative_share_max"] - replaced, 0.0)}, -math.inf, 0.0)
    return n, m


def _pools(program, tables, state, year, pools):
    _, after_site, _ = volumes(tables, state, year)
    for (pool, r), weights in pools.items():
        held = sum(volume for (t, q), volume in tables.potential.items() if q == r and tables.pool[t] == pool)
        drawn = sum(
            share * after_site[cell]
            for cell, shares in state.source.items()
            if cell[1] == r
            for t, share in shares.items()
            if tables.pool.get(t) == pool
        )
        program.row(dict(weights), -math.inf, max(tables.levers["rollout_scale"] * year.phi * held, drawn))


def _after(tables, state, year, program, value, reached):
    after = state.copy()
    for column, meaning in enumerate(program.meaning):
        if meaning is None or not value[column] > 0:
            continue
        kind, t, _, cell, *place = meaning
        if kind == "step":
            e, some = place
            share = value[column] / gross_flow(tables, state, year, cell, e)
            after.share[cell][e][some] -= share
            after.share[cell][e][some | {t}] += share
        else:
            n, m = reached[cell]
            passing = value[n if kind == "site" else m]
            if passing > 0:
                getattr(after, "site" if kind == "site" else "source")[cell][t] += value[column] / passing
    return after
