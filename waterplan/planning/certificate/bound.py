r"""That no plan can cost less, shown from the plan's own prices.

Give every limit that joins products and provinces (target, floors, caps, pools) its price. Each pair of a product and
a province is then on its own, and what it could earn at these prices at most is easy to say, backwards through the
levels. No plan can cost less than

.. math:: \text{what the limits are worth at their prices} - \sum_{p,r} \text{what the pair can earn at most}

whatever the prices are, as long as none is negative; at the right prices it is the least cost. The tie-break is left
out.
"""

from __future__ import annotations

import highspy
import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.errors import CertificateError
from waterplan.base.highs import quiet_highs
from waterplan.base.messages import Message
from waterplan.planning.certificate.accounts import SPENT, book, cost_lines, scarcity_credit
from waterplan.planning.certificate.coefficients import PAIR, USE, Coefficients, canonical
from waterplan.planning.certificate.tables import Tables

PRICES = (
    "shadow_price",
    "sector_floor_price",
    "province_floor_price",
    "technology_floor_price",
    "technology_cap_price",
    "investment_cap_price",
    "electricity_cap_price",
    "pool_price",
)
LOCAL = [*PAIR, "end_use"]


def lower_bound(dataset: xr.Dataset, tables: Tables, coefficients: Coefficients) -> float:
    """The least that any plan of the scenario can cost, without the tie-break [MCNY/a]; NaN if a price is no number."""
    if not all(np.isfinite(dataset[name]).all() for name in PRICES):
        return np.nan
    prices = {name: _frame(dataset[name].clip(min=0.0)) for name in PRICES}
    rows = unit_values(prices, tables, coefficients)
    pairs = coefficients.pairs.set_index(PAIR)["reference_withdrawal"]
    supply = rows[rows["level"] == "supply"].assign(profit=lambda frame: frame["worth"] - frame["cost"])
    after_site = best_fill(supply, tables.levers.alternative_share_max).reindex(pairs.index, fill_value=0.0)
    site = less(rows[rows["level"] == "site"], after_site)
    together = coefficients.together[coefficients.together["level"] == "site"].set_index("product")["limit_together"]
    on_site = best_fill(site, site["product"].map(together)).reindex(pairs.index, fill_value=0.0)
    left = after_site + on_site  # what a m3 still withdrawn after level 1 can earn
    uses = less(rows[rows["level"] == "end_use"], left)
    earned = float((left * pairs).sum()) + end_uses(uses, coefficients)
    return limits_worth(prices, tables, coefficients) - earned


def _frame(price: xr.DataArray) -> pd.DataFrame:
    """The price of a limit as a long frame of labels and ``price``."""
    if not price.dims:
        return pd.DataFrame({"price": [float(price)]})
    return price.to_series().rename("price").reset_index()


def _one(prices: dict[str, pd.DataFrame], name: str) -> float:
    """The price of a limit that has no labels."""
    return float(prices[name]["price"].iloc[0])


def unit_values(prices: dict[str, pd.DataFrame], tables: Tables, coefficients: Coefficients) -> pd.DataFrame:
    """Every choice that is open: cost of a m3/a of capacity and worth of a m3 saved, prices of limits in them [CNY/m3].

    Columns also: ``limit``, as a share of the flow that reaches levels 2 and 3.
    """
    at_uses = coefficients.roll_out[["technology", *LOCAL]].assign(level="end_use")
    whole = coefficients.whole_plant.merge(coefficients.pairs[PAIR], on="product")
    whole["end_use"] = whole["level"].map({"site": "site", "supply": ""})
    frame = pd.concat([at_uses, whole], ignore_index=True).assign(capacity=1.0, saving=1.0)
    places = coefficients.places[["level", "technology", *PAIR, "available"]]
    frame = frame.merge(places, on=["level", "technology", *PAIR])
    rows = book(tables, frame[frame["available"]])
    rows = rows[~rows["excluded"]].reset_index(drop=True)
    lines = cost_lines(tables, rows, tables.levers.perspective)
    counted = (rows["level"] != "supply") | tables.levers.count_alternative_supply
    payment = _one(prices, "shadow_price") + _at(prices, "sector_floor_price", rows, ["sector"])
    payment += _at(prices, "province_floor_price", rows, ["province"])
    rows["worth"] = scarcity_credit(tables, coefficients, rows) + payment * counted
    rows["worth"] -= lines["avoided_withdrawal"] + lines["avoided_effluent"]
    rows["cost"] = lines[list(SPENT)].sum(axis=1)
    rows["cost"] += _one(prices, "investment_cap_price") * rows["whole"]
    rows["cost"] += _one(prices, "electricity_cap_price") * rows["electricity_per_m3"]
    rows["cost"] += _at(prices, "technology_cap_price", rows, ["technology"])
    rows["cost"] -= _at(prices, "technology_floor_price", rows, ["technology"])
    pool_of = tables.potential[["technology", "pool"]].drop_duplicates().set_index("technology")["pool"]
    pool = rows.assign(pool=rows["technology"].map(pool_of))
    rows["cost"] += _at(prices, "pool_price", pool, ["pool", "province"]) * (rows["level"] == "supply")
    return rows[["level", "technology", *LOCAL, "group", "limit", "worth", "cost"]]


def _at(prices: dict[str, pd.DataFrame], name: str, rows: pd.DataFrame, dims: list[str]) -> pd.Series:
    """The price of the limit that each row counts towards; 0 where there is none."""
    if not len(prices[name]):
        return pd.Series(0.0, index=rows.index)
    return rows[dims].merge(prices[name], on=dims, how="left")["price"].fillna(0.0).set_axis(rows.index)


def less(rows: pd.DataFrame, left: pd.Series) -> pd.DataFrame:
    """The rows with their worth less what the same m3 could earn at the levels that follow."""
    later = rows[PAIR].merge(left.rename("left").reset_index(), on=PAIR, how="left")["left"].fillna(0.0)
    worth = rows["worth"] - later.to_numpy()
    return rows.assign(worth=worth, profit=worth - rows["cost"])


def best_fill(rows: pd.DataFrame, together: float | pd.Series) -> pd.Series:
    """The most that a m3 reaching a level can earn there, by pair: the most profitable first, each up to its limit and
    all up to the limit together."""
    rows = rows.assign(together=together)
    rows = rows[(rows["profit"] > 0) & (rows["limit"] > 0)].sort_values("profit", ascending=False)
    before = rows.groupby(PAIR)["limit"].cumsum() - rows["limit"]
    taken = (rows["together"].astype(float) - before).clip(lower=0.0, upper=rows["limit"])
    return (taken * rows["profit"]).groupby([rows["product"], rows["province"]]).sum()


def end_uses(rows: pd.DataFrame, coefficients: Coefficients) -> float:
    """The most that all end uses can earn.

    With one technology or one group at an end use every addition stands alone. With several, each technology's roll-out
    gets a price; what plants with a configuration can still earn at these prices is the best of their ways on. An
    excluded technology counts here: plants that have it keep it, and save less by others.
    """
    reach = coefficients.roll_out[["technology", *LOCAL, "saving_fraction", "reach", "added_share"]]
    rows = rows.merge(reach, on=["technology", *LOCAL])
    listed = coefficients.shares[coefficients.shares["level"] == "end_use"]
    groups = listed.groupby(USE)["group"].nunique().rename("groups").reset_index()
    several = rows[USE].merge(groups, on=USE, how="left")["groups"].to_numpy() > 1
    alone = rows[~several]
    earned = float((alone["reach"] * alone["saving_fraction"] * alone["profit"].clip(lower=0.0)).sum())
    if not several.any():
        return earned
    together = rows[several].reset_index(drop=True)
    stock = together[LOCAL].drop_duplicates().merge(coefficients.flows, on=LOCAL)
    stock = stock.merge(coefficients.configurations, on=USE)
    stock["plants"] = stock["base_share"] * stock["gross_flow"]
    moves = _moves(together, stock)
    together["price"] = _roll_out_prices(moves, stock, together)
    stock["earns"] = _best_way_on(moves, stock, together["price"].to_numpy())
    return earned + float((stock["plants"] * stock["earns"]).sum() + (together["reach"] * together["price"]).sum())


def _moves(rows: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Every step that is possible: numbers of the roll-out row and of the stock rows that it leaves and reaches, and
    what a m3/a of gross flow earns that takes it."""
    names = rows[["technology", *USE]].drop_duplicates().merge(stock[[*USE, "configuration"]].drop_duplicates(), on=USE)
    grown = list(zip(names["configuration"], names["technology"], strict=True))
    names["to"] = [canonical(f"{have}+{one}") for have, one in grown]
    names = names[np.array([one not in have.split("+") for have, one in grown], dtype=bool)]
    places = stock[[*LOCAL, "configuration", "remaining_fraction"]].assign(leaves=np.arange(len(stock)))
    moves = rows.assign(row=np.arange(len(rows))).merge(names, on=["technology", *USE])
    moves = moves.merge(places, on=[*LOCAL, "configuration"])
    ends = places[[*LOCAL, "configuration", "leaves"]].rename(columns={"configuration": "to", "leaves": "reaches"})
    moves = moves.merge(ends, on=[*LOCAL, "to"])
    moves["earns"] = moves["saving_fraction"] * (moves["remaining_fraction"] * moves["worth"] - moves["cost"])
    return moves[["row", "leaves", "reaches", "earns"]]


def _roll_out_prices(moves: pd.DataFrame, stock: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Good prices of the roll-outs, from a linear program for each end use (all at once); any others would do, with a
    lower bound that is further off."""
    count, steps = len(stock), len(moves)
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = steps, count + len(rows)
    problem.col_cost_, problem.col_lower_ = -moves["earns"].to_numpy(), np.zeros(steps)
    problem.col_upper_ = np.full(steps, highspy.kHighsInf)
    problem.row_lower_ = np.full(count + len(rows), -highspy.kHighsInf)
    problem.row_upper_ = np.concatenate([stock["base_share"], rows["added_share"]]).clip(min=0.0)
    problem.a_matrix_.start_ = 3 * np.arange(steps + 1)
    problem.a_matrix_.index_ = np.column_stack([moves["leaves"], moves["reaches"], count + moves["row"]]).ravel()
    problem.a_matrix_.value_ = np.tile([1.0, -1.0, 1.0], steps)
    highs = quiet_highs(primal_feasibility_tolerance=1e-9, dual_feasibility_tolerance=1e-9)
    highs.passModel(problem)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        status = highs.modelStatusToString(highs.getModelStatus())
        raise CertificateError(Message("planner_errors.no_lower_bound", reason=status))
    return np.maximum(-np.array(highs.getSolution().row_dual[count:]), 0.0)


def _best_way_on(moves: pd.DataFrame, stock: pd.DataFrame, price: np.ndarray) -> np.ndarray:
    """What plants with each configuration can earn at most: stay, or the best step and what can be earned from there;
    the fullest configurations first."""
    earns = np.zeros(len(stock))
    size = stock["configuration"].str.count(r"\+").to_numpy() + (stock["configuration"] != "").to_numpy()
    for members in range(int(size.max()) - 1, -1, -1):
        here = moves[size[moves["leaves"]] == members]
        gain = here["earns"].to_numpy() - price[here["row"]] + earns[here["reaches"]]
        np.maximum.at(earns, here["leaves"].to_numpy(), gain)
    return earns


def limits_worth(prices: dict[str, pd.DataFrame], tables: Tables, coefficients: Coefficients) -> float:
    """What the limits that join all are worth at their prices: what must be saved less what is rationed."""
    levers, reference = tables.levers, coefficients.pairs
    worth: float = _one(prices, "shadow_price") * levers.saving_target
    for dim, frame in (("sector", tables.sectors), ("province", tables.provinces)):
        volume = frame[dim].map(reference.groupby(dim)["reference_withdrawal"].sum()).fillna(0.0)
        worth += float((_at(prices, f"{dim}_floor_price", frame, [dim]) * frame[f"{dim}_floor"] * volume).sum())
    frame = tables.technologies.merge(coefficients.largest, on="technology")
    for word, sign in (("floor", 1.0), ("cap", -1.0)):
        of_limit = _at(prices, f"technology_{word}_price", frame, ["technology"])
        worth += sign * float((of_limit * frame[f"technology_{word}"] * frame["largest_capacity"]).sum())
    pools = coefficients.pools
    worth -= float((_at(prices, "pool_price", pools, ["pool", "province"]) * pools["pool_limit"]).sum())
    for name in ("investment", "electricity"):  # an infinite cap has no price
        price, cap = _one(prices, f"{name}_cap_price"), getattr(levers, f"{name}_cap")
        worth -= price * cap if price > 0 else 0.0
    return worth
