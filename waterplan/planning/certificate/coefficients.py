"""How much water flows where and how much of it each technology can reach, once more, with merges and groupbys.

Written from docs/model.md alone. Nothing here knows the optimisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from waterplan.base.units import whole_volume
from waterplan.planning.certificate.tables import APPLICABILITY, Tables

M3_PER_HM3 = 1e6
PAIR = ["product", "province"]
USE = ["product", "end_use"]


@dataclass(frozen=True)
class Coefficients:
    """Long frames of everything that limits are made of; volumes hm3/a.

    pairs: product, province, sector, output_target, base_withdrawal, reference_withdrawal.
    shares: technology, product, end_use (``site`` for levels 2 and 3), level, group, saving_fraction, installed_base,
    installed_max. configurations: product, end_use, configuration, base_share (m0), remaining_fraction.
    flows: product, province, end_use, gross_flow. roll_out: the shares of level 1 in each province, with
    ``added_share`` and ``reach``, the share of plants and the gross flow that the technology may still be added to.
    whole_plant: technology, product, level, limit (c). together: product, level, limit_together (k).
    pools: pool, province, pool_limit. places: level, technology, product, province, largest: what a choice can be at
    most. largest: technology, largest_capacity.
    """

    pairs: pd.DataFrame
    shares: pd.DataFrame
    configurations: pd.DataFrame
    flows: pd.DataFrame
    roll_out: pd.DataFrame
    whole_plant: pd.DataFrame
    together: pd.DataFrame
    pools: pd.DataFrame
    places: pd.DataFrame
    largest: pd.DataFrame

    @cached_property
    def unit(self) -> float:
        """The volume that tolerances are shares of [hm3/a]; as many MCNY/a for money."""
        return whole_volume(float(self.pairs["reference_withdrawal"].sum()))


def recompute_coefficients(tables: Tables) -> Coefficients:
    """The coefficients of a scenario from its tables."""
    pairs = reference_withdrawal(tables)
    shares = installed_shares(tables)
    sets = configurations(shares[shares["level"] == "end_use"])
    flows = gross_flows(tables, pairs, sets)
    at_uses = shares[shares["level"] == "end_use"]
    roll_out = at_uses.merge(flows, on=USE)
    roll_out["added_share"] = roll_out["installed_max"] - roll_out["installed_base"]
    roll_out["reach"] = roll_out["added_share"] * roll_out["gross_flow"]
    limits, together = whole_plant_limits(shares[shares["level"] != "end_use"])
    pools = pool_limits(tables)
    places = choices(tables, pairs, roll_out, limits)
    return Coefficients(
        pairs=pairs,
        shares=shares,
        configurations=sets,
        flows=flows,
        roll_out=roll_out,
        whole_plant=limits,
        together=together,
        pools=pools,
        places=places,
        largest=largest_capacity(tables, places, pools),
    )


def reference_withdrawal(tables: Tables) -> pd.DataFrame:
    """Output of the target year and withdrawal at base-year efficiency, of every product made in a province."""
    frame = (
        tables.frames["output"]
        .merge(tables.products, on="product")
        .merge(tables.together(["intensity", "output_growth"], ["product"]), on="product")
        .merge(tables.frames["intensity_factor"], on=["province", "sector"], how="left")
        .merge(tables.sectors[["sector", "output_scale"]], on="sector")
    )
    per_output = frame["intensity"] * frame["intensity_factor"] / M3_PER_HM3
    frame["output_target"] = frame["output"] * (1 + frame["output_growth"]) ** tables.years * frame["output_scale"]
    frame["base_withdrawal"] = frame["output"] * per_output
    frame["reference_withdrawal"] = frame["output_target"] * per_output
    return frame


def installed_shares(tables: Tables) -> pd.DataFrame:
    """Share of plants that have each technology in the base year, and that can have it in the target year.

    Where the members of an exclusive group would together pass 1, their additions are scaled down to fit.
    """
    frame = tables.together(APPLICABILITY, ["technology", "product", "end_use"])
    frame = frame.merge(tables.technologies[["technology", "level", "group"]], on="technology")
    before, wanted = frame["penetration_base"], frame["penetration_max"]
    after = (before + tables.levers.rollout_scale * (wanted - before)).clip(upper=1.0)
    frame["installed_base"] = frame["applicable_share"] * before
    frame["added"] = frame["applicable_share"] * (after - before)
    group = frame.groupby([*USE, "level", "group"])
    room = 1.0 - group["installed_base"].transform("sum")
    together = group["added"].transform("sum")
    scale = (room / together.where(together > 0, 1.0)).where(together > room, 1.0)
    frame["installed_max"] = frame["installed_base"] + frame["added"] * scale
    return frame.drop(columns=["added", *APPLICABILITY[1:]])


def canonical(configuration: str) -> str:
    """A configuration with its technologies in alphabetical order.

    >>> canonical("b+a"), canonical("")
    ('a+b', '')
    """
    return "+".join(sorted(name for name in configuration.split("+") if name))


def configurations(shares: pd.DataFrame) -> pd.DataFrame:
    """Every set of technologies that plants can have at an end use, at most one of each group.

    base_share is the product over groups of the installed share of the member, or of what no member takes;
    remaining_fraction the product of (1 - saving_fraction) of the members.
    """
    members = shares[[*USE, "group", "technology", "installed_base"]].rename(columns={"installed_base": "share"})
    members = members.assign(left=1.0 - shares["saving_fraction"])
    none = members.groupby([*USE, "group"], as_index=False)["share"].sum()
    none = none.assign(share=1.0 - none["share"], technology="", left=1.0)
    options = pd.concat([members, none])
    options["turn"] = options.groupby(USE)["group"].rank("dense").astype(int)
    sets = options[USE].drop_duplicates().assign(configuration="", base_share=1.0, remaining_fraction=1.0)
    for turn in range(1, options["turn"].max() + 1 if len(options) else 1):
        of_turn = options.loc[options["turn"] == turn, [*USE, "technology", "share", "left"]]
        sets = sets.merge(of_turn, on=USE, how="left")
        sets["base_share"] *= sets["share"].fillna(1.0)
        sets["remaining_fraction"] *= sets["left"].fillna(1.0)
        sets["configuration"] = sets["configuration"] + "+" + sets["technology"].fillna("")
        sets = sets.drop(columns=["technology", "share", "left"])
    sets["configuration"] = [canonical(names) for names in sets["configuration"]]
    return sets


def gross_flows(tables: Tables, pairs: pd.DataFrame, sets: pd.DataFrame) -> pd.DataFrame:
    """What each end use would withdraw if nobody had any of its technologies."""
    average = (sets["base_share"] * sets["remaining_fraction"]).groupby([sets["product"], sets["end_use"]]).sum()
    uses = average.rename("average").reset_index().merge(tables.frames["end_use_share"], on=USE, how="left")
    frame = pairs[[*PAIR, "reference_withdrawal"]].merge(uses, on="product")
    frame["gross_flow"] = frame["reference_withdrawal"] * frame["end_use_share"] / frame["average"]
    return frame[[*PAIR, "end_use", "gross_flow"]]


def whole_plant_limits(shares: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """c: what each technology of levels 2 and 3 can do alone, and k: what all of a product can do together.

    Both as a share of what reaches the level. Sites without a technology withdraw more than the average.
    """
    before = shares["saving_fraction"] * shares["installed_base"]
    after = shares["saving_fraction"] * shares["installed_max"]
    groups = pd.DataFrame({"before": before, "after": after}).groupby(
        [shares["product"], shares["level"], shares["group"]]
    )
    left = (1.0 - groups.sum()).groupby(["product", "level"]).prod().reset_index()
    together = left.assign(limit_together=1.0 - left["after"] / left["before"])
    frame = shares.assign(added=after - before).merge(left[["product", "level", "before"]], on=["product", "level"])
    frame["limit"] = frame["added"] / frame["before"]
    return frame[["technology", "product", "level", "limit"]], together[["product", "level", "limit_together"]]


def pool_limits(tables: Tables) -> pd.DataFrame:
    """What each pool of other water holds in each province."""
    potential = tables.potential.groupby(["pool", "province"], as_index=False)["supply_potential"].sum()
    return potential.assign(pool_limit=tables.levers.rollout_scale * potential["supply_potential"])


def choices(tables: Tables, pairs: pd.DataFrame, roll_out: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Every technology of a product in a province, with the most that its capacity can be when nothing else is done.

    A source listed in supply_potential is available only where it has a row; an excluded technology nowhere.
    """
    at_uses = roll_out.assign(largest=roll_out["saving_fraction"] * roll_out["reach"])
    at_uses = at_uses.groupby(["level", "technology", *PAIR])["largest"].sum().reset_index()
    whole = limits.merge(pairs[[*PAIR, "reference_withdrawal"]], on="product")
    whole["largest"] = whole["limit"] * whole["reference_withdrawal"]
    frame = pd.concat([at_uses, whole.drop(columns="reference_withdrawal")], ignore_index=True)
    listed = tables.potential[["technology", "province"]].assign(listed=True)
    frame = frame.merge(listed, on=["technology", "province"], how="left")
    frame["available"] = frame["listed"].notna() | ~frame["technology"].isin(listed["technology"])
    frame = frame.merge(tables.technologies[["technology", "excluded"]], on="technology")
    frame["largest"] = frame["largest"].where(~frame["excluded"], 0.0)
    return frame.drop(columns="listed")


def largest_capacity(tables: Tables, places: pd.DataFrame, pools: pd.DataFrame) -> pd.DataFrame:
    """What floors and caps of a technology are shares of; sources are cut by their pool in each province."""
    wanted = places[places["available"]].groupby(["technology", "province"], as_index=False)["largest"].sum()
    pool_of = tables.potential[["technology", "pool"]].drop_duplicates()
    wanted = wanted.merge(pool_of, on="technology", how="left").merge(pools, on=["pool", "province"], how="left")
    held = wanted["pool_limit"].where(wanted["pool"].isna(), wanted["pool_limit"].fillna(0.0)).fillna(np.inf)
    wanted["largest_capacity"] = wanted["largest"].clip(upper=held)
    by_technology = wanted.groupby("technology", as_index=False)["largest_capacity"].sum()
    frame = tables.technologies[["technology"]].merge(by_technology, on="technology", how="left")
    return frame.fillna({"largest_capacity": 0.0})
