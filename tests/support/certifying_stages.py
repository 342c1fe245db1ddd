"""Plans that start from turnover and market, made of the plain implementation's own decisions and prices."""

import math
from collections import defaultdict
from pathlib import Path
from unittest.mock import patch

import naive_stages
import numpy as np
import xarray as xr
from certifying import asked
from naive_stages import LEVERS, State, Year, stage, volumes

from waterplan.base.vocabulary import term
from waterplan.planning.certificate import Statement
from waterplan.planning.certificate.accounts import labels, recompute_accounts
from waterplan.planning.certificate.certificate import stages
from waterplan.planning.certificate.coefficients import recompute_coefficients
from waterplan.planning.certificate.tables import Tables

PLACE = ("technology", "product", "province")


class Solved:
    """A stage of the plain implementation with its columns, the prices of its pools, and its cost.

    most: what may be withdrawn of fresh water; least: smallest share of other sources by province; their prices too.
    """

    def __init__(self, tables, state, year, perspective, target=None, barriers=False, most=None, least=None):
        self.duals, self.reached, self.most, self.least = [], {}, most, least or {}
        cell, pools, after = naive_stages._cell, naive_stages._pools, naive_stages._after
        watched = self._watched(naive_stages.highspy.Highs)

        def with_flows(program, tables, state, year, place, *others):
            self.reached[place] = cell(program, tables, state, year, place, *others)
            return self.reached[place]

        def with_rows(program, tables, state, year, weights):
            first = len(program.rows)
            pools(program, tables, state, year, weights)
            self.names = dict(enumerate([key for key, some in weights.items() if some], first))
            self._whole_rows(program, state)

        def with_columns(tables, state, year, program, value, reached):
            self.columns = program.meaning, value
            return after(tables, state, year, program, value, reached)

        with (
            patch.object(naive_stages, "_cell", with_flows),
            patch.object(naive_stages, "_pools", with_rows),
            patch.object(naive_stages, "_after", with_columns),
            patch.object(naive_stages.highspy, "Highs", watched),
        ):
            self.end, self.cost, self.price, _ = stage(tables, state, year, perspective, target, barriers)
        self.taken = [one for one in zip(*self.columns, strict=True) if one[0] and one[1] > 0]
        prices = {name: abs(self.duals[0][row]) for row, name in self.names.items()}
        self.pool_price = {name: price for name, price in prices.items() if isinstance(name, tuple)}
        self.value_added_cut_price = prices.get("value added", 0.0)
        self.non_conventional_min_price = {name: prices[name] for name in self.least}

    def _watched(self, solver):
        duals = self.duals

        class Watched(solver):
            def getSolution(self):  # noqa: N802
                solution = super().getSolution()
                duals.append(np.array(solution.row_dual))
                return solution

        return Watched

    def _whole_rows(self, program, state):
        """Fresh water falls per value added; sources reach their smallest share of what is left behind the site."""
        fresh, sources = {}, defaultdict(dict)
        for place, (_, m) in self.reached.items():
            replaced = sum(state.source[place].values())
            fresh[m] = 1 - replaced
            sources[place[1]][m] = replaced - self.least.get(place[1], 0.0)
        for n, meaning in enumerate(program.meaning):
            if meaning and meaning[0] == "supply":
                fresh[n], sources[meaning[3][1]][n] = -1.0, 1.0
        if self.most is not None:
            self.names[len(program.rows)] = "value added"
            program.row(fresh, -math.inf, self.most)
        for province in self.least:
            self.names[len(program.rows)] = province
            program.row(sources[province], 0.0, math.inf)

    def steps(self):
        """(technology, product, end use, configuration) -> (province, group) -> flow."""
        found = defaultdict(lambda: defaultdict(float))
        for meaning, volume in self.taken:
            if meaning[0] == "step":
                _, t, _, (p, r, g), e, some = meaning
                found[t, p, e, "+".join(sorted(some))][r, g] += volume
        return found

    def choices(self):
        """(technology, product) -> (province, group) -> volume."""
        found = defaultdict(lambda: defaultdict(float))
        for meaning, volume in self.taken:
            if meaning[0] != "step":
                found[meaning[1], meaning[3][0]][meaning[3][1], meaning[3][2]] += volume
        return found


def over_groups(rows, study, groups):
    found = np.zeros((len(rows), len(study.labels["province"]), groups))
    for n, places in enumerate(rows.values()):
        for (province, group), volume in places.items():
            found[n, study.labels["province"].index(province), group - 1] = volume
    return found


def columns(prefix, dim, rows, names):
    return {f"{prefix}_{name}": (dim, np.array([row[n] for row in rows], dtype=str)) for n, name in enumerate(names)}


def pool_prices(stage, pools, study):
    found = np.zeros((len(pools), len(study.labels["province"])))
    for (pool, province), price in stage.pool_price.items():
        found[pools.index(pool), study.labels["province"].index(province)] = price
    return ("pool", "province"), found


def programme(solved, study, groups):
    """The programme's decisions: sums over groups, and by group where there are several."""
    steps, choices = solved.steps(), solved.choices()
    rows = [
        (*row[:2], province, *row[2:], [places.get((province, group), 0.0) for group in range(1, groups + 1)])
        for row, places in steps.items()
        for province in dict.fromkeys(province for province, _ in places)
    ]
    by_group = np.array([row[-1] for row in rows]).reshape(len(rows), groups)
    level = dict(zip(study.labels["technology"], study.column("technologies", "level").tolist(), strict=True))
    cubes = {name: np.zeros([len(study.labels[dim]) for dim in PLACE]) for name in ("site", "supply")}
    for (t, p), places in choices.items():
        for (r, _), volume in places.items():
            place = [study.labels[dim].index(label) for dim, label in zip(PLACE, (t, p, r), strict=True)]
            cubes[level[t]][tuple(place)] += volume
    return {
        **columns("step", "step", rows, ("technology", "product", "province", "end_use", "configuration")),
        "step_flow": ("step", by_group.sum(axis=1)),
        "site_saving": (PLACE, cubes["site"]),
        "supply": (PLACE, cubes["supply"]),
    }, {
        "step_flow_by_group": (("step", "group"), by_group),
        **columns("choice", "choice", choices, ("technology", "product")),
        "choice_volume": (("choice", "province", "group"), over_groups(choices, study, groups)),
    }


def market_rows(solved, study, groups, pools):
    steps, choices, dims = solved.steps(), solved.choices(), ("province", "group")
    return {
        **columns("market_step", "market_step", steps, ("technology", "product", "end_use", "configuration")),
        "market_step_flow": (("market_step", *dims), over_groups(steps, study, groups)),
        **columns("market_choice", "market_choice", choices, ("technology", "product")),
        "market_choice_volume": (("market_choice", *dims), over_groups(choices, study, groups)),
        "market_pool_price": pool_prices(solved, pools, study),
    }


def most_fresh_water(tables, year, cut):
    """What may be withdrawn when fresh water per value added falls by a cut."""
    before = {s: value for (s, name), value in tables.of_sector.items() if name == "value_added"}
    grown = {s: (1 + tables.of_sector[s, "value_added_growth"]) ** (tables.target - tables.base) for s in before}
    after = sum(before[s] * grown[s] * tables.levers["output_scale"].get(s, 1.0) for s in before)
    base = sum(
        output * tables.of_product[p, "intensity"] * tables.factor[r, tables.sector[p], "intensity_factor"] / 1e6
        for (p, r), output in tables.output.items()
    )
    return (1 - cut) * base * after / sum(before.values())


def staged_plan(study, folder, pretended=None, year_of=Year, **levers):
    """A plan of a study in a folder, and the scenario that it answers, as the plain implementation makes it.

    pretended: levers of the scenario that it is said to answer.
    """
    scenario = asked(**(levers | (pretended or {})))
    tables = naive_stages.Tables(folder, **{name: value for name, value in levers.items() if name in LEVERS})
    baseline, perspective = levers["baseline"], levers.get("perspective", "programme")
    year, groups, decided = year_of(tables, baseline), 1, {}
    state, pools = State(tables), list(dict.fromkeys(tables.pool.values()))
    market = None
    if baseline == "market":
        groups = len(study.labels["group"])
        market = Solved(tables, State(tables, range(1, groups + 1)), year, "enterprise", barriers=True)
        decided |= market_rows(market, study, groups, pools)
        state = market.end
    target = float(levers.get("saving_target", tables_target(study)))
    if levers.get("count_from") == "baseline":
        _, left, replaced = volumes(tables, state, year)
        target += sum(year.frozen.values()) - sum(left.values())
        target += sum(replaced.values()) * tables.levers["count_alternative_supply"]
    cut, least = levers.get("value_added_cut", 0), levers.get("non_conventional_min", {})
    most = most_fresh_water(tables, year, cut) if cut else None
    plan = Solved(tables, state, year, perspective, target, most=most, least=least)
    sums, by_group = programme(plan, study, groups)
    decided |= sums | (by_group if market else {})
    decided |= prices(study, pools, plan)
    coords = {
        **{dim: list(study.labels[dim]) for dim in ("technology", "sector", "product", "province")},
        "pool": pools,
        **({"group": list(range(1, groups + 1))} if market else {}),
    }
    attrs = {
        "study_digest": study.digest, "scenario_digest": scenario.digest(study), "dual_bound": plan.cost,
        "tie_break": 0.0, "gap": 0.0, "market_cost": market.cost if market else np.nan, "cost": plan.cost,
    }  # fmt: skip
    return with_accounts(xr.Dataset(decided, coords=coords, attrs=attrs), study, scenario), scenario


def tables_target(study):
    return study.lever_defaults["saving_target"]


def prices(study, pools, plan):
    found = {}
    for name in ("sector_floor_price", "province_floor_price", "technology_floor_price", "technology_cap_price",
                 "investment_cap_price", "electricity_cap_price"):  # fmt: skip
        dims = term(name).dims
        found[name] = dims, np.zeros([len(study.labels[dim]) for dim in dims])
    least = [plan.non_conventional_min_price.get(province, 0.0) for province in study.labels["province"]]
    found["non_conventional_min_price"] = "province", np.array(least)
    found["value_added_cut_price"] = (), np.asarray(plan.value_added_cut_price)
    return {**found, "shadow_price": ((), np.asarray(plan.price)), "pool_price": pool_prices(plan, pools, study)}


def with_accounts(plan, study, scenario):
    """The plan with every line as the tables give it."""
    tables = Tables.of(study, scenario)
    coefficients = recompute_coefficients(tables)
    one, market, _ = stages(Statement.of(plan), tables, coefficients)
    names = labels(tables)
    accounts = recompute_accounts(one, market)
    coords = {dim: names[dim] for dim in ("level", "perspective", "cost_line", "year")}
    return plan.assign_coords(coords).assign({name: (term(name).dims, line) for name, line in accounts.items()})


def in_canonical_units(copy):
    """The copy with every value in its canonical unit, as the plain implementation reads it."""
    study = copy.read()
    columns = [study.column("rows", name).tolist() for name in ("file", "row", "value", "unit")]
    records = {file: copy.records(Path(file).stem) for file in set(columns[0])}
    for file, row, value, unit in zip(*columns, strict=True):
        header = records[file][0]
        place = header.index("value")
        scale = value / float(records[file][row - 1][place] or 1) if value else 1.0
        for name in ("low", "high"):
            cell = header.index(name)
            records[file][row - 1][cell] = repr(float(records[file][row - 1][cell]) * scale)
        records[file][row - 1][place] = repr(value)
        if "unit" in header:
            records[file][row - 1][header.index("unit")] = unit
    for file, lines in records.items():
        copy.write(Path(file).stem, lines)
    return copy
