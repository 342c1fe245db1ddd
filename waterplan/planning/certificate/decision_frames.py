"""A plan's decisions as long frames, and what they add and save: steps, site_saving and supply, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from waterplan.base.errors import CertificateError
from waterplan.base.messages import Message
from waterplan.planning.certificate.coefficients import PAIR, USE, Coefficients, canonical
from waterplan.planning.certificate.tables import Tables

STEP = ["technology", "product", "province", "end_use", "configuration"]
CHOICE = ["technology", "product", "province"]


@dataclass(frozen=True)
class Decisions:
    """What is decided [hm3/a].

    steps: technology, product, province, end_use, configuration, step, and after merging with the tables capacity,
    saving (NaN where no such step exists) and ``to``, the configuration reached. site, supply: technology, product,
    province, volume (everything that is not zero). book: one row for each level, technology, product, province and end
    use with capacity and saving.
    """

    steps: pd.DataFrame
    site: pd.DataFrame
    supply: pd.DataFrame
    book: pd.DataFrame


def read_decisions(dataset: xr.Dataset, tables: Tables, coefficients: Coefficients) -> Decisions:
    """The decisions of a plan with their capacity and saving."""
    steps = _steps(dataset, tables, coefficients)
    site, supply = volumes(dataset, tables, "site_saving"), volumes(dataset, tables, "supply")
    at_uses = _attributed(steps)
    on_site = site.assign(level="site", end_use="site", capacity=site["volume"], saving=site["volume"])
    other = supply.assign(level="supply", end_use="", capacity=supply["volume"], saving=supply["volume"])
    book = pd.concat([part for part in (at_uses, on_site, other) if len(part)] or [at_uses], ignore_index=True)
    return Decisions(steps, site, supply, book[["level", *CHOICE, "end_use", "capacity", "saving"]])


def _steps(dataset: xr.Dataset, tables: Tables, coefficients: Coefficients) -> pd.DataFrame:
    r"""Each step with what it adds and saves.

    capacity = saving_fraction of the technology times step; saving = remaining_fraction of the configuration that the
    plants had times capacity.
    """
    frame = pd.DataFrame({name: dataset[f"step_{name}"].to_numpy().astype(str) for name in STEP}, dtype="str")
    for dim, known in (
        ("technology", tables.technologies),
        ("product", tables.products),
        ("province", tables.provinces),
    ):
        unknown = sorted(set(frame[dim]) - set(known[dim]))
        if unknown:
            raise CertificateError(Message("planner_errors.unknown_step", dim=dim, label=unknown[0]))
    frame["step"] = dataset["step_flow"].to_numpy().astype(float)
    moves = frame[["configuration", "technology"]].drop_duplicates()
    moves["from"] = [canonical(names) for names in moves["configuration"]]
    moves["to"] = [canonical(f"{names}+{one}") for names, one in zip(moves["from"], moves["technology"], strict=True)]
    frame = frame.merge(moves, on=["configuration", "technology"], how="left")
    frame = frame.drop(columns="configuration").rename(columns={"from": "configuration"})
    shares = coefficients.shares.loc[coefficients.shares["level"] == "end_use"]
    frame = frame.merge(shares[["technology", *USE, "saving_fraction"]], on=["technology", *USE], how="left")
    frame = frame.merge(
        coefficients.configurations[[*USE, "configuration", "remaining_fraction"]],
        on=[*USE, "configuration"],
        how="left",
    )
    frame["capacity"] = frame["saving_fraction"] * frame["step"]
    frame["saving"] = frame["remaining_fraction"] * frame["capacity"]
    return frame


def volumes(dataset: xr.Dataset, tables: Tables, name: str) -> pd.DataFrame:
    """Everything of site_saving or supply that is not zero (NaN included) as a long frame."""
    labels = [
        tables.technologies["technology"].to_numpy(),
        tables.products["product"].to_numpy(),
        tables.provinces["province"].to_numpy(),
    ]
    indexers = dict(zip(CHOICE, labels, strict=True))
    cube = dataset[name].transpose(*CHOICE).reindex(indexers).to_numpy()
    places = np.nonzero(cube != 0)
    columns = {dim: label[place] for dim, label, place in zip(CHOICE, labels, places, strict=True)}
    return pd.DataFrame({**columns, "volume": cube[places]})


def _attributed(steps: pd.DataFrame) -> pd.DataFrame:
    """Capacity and saving of each technology at each end use of a product in a province.

    What an end use saves is divided among the technologies added there in proportion to the plants (by gross flow) that
    add each, times -ln(1 - saving_fraction).
    """
    columns = ["technology", *PAIR, "end_use"]
    sums = steps.groupby(columns, as_index=False)[["step", "capacity", "saving"]].sum()
    fraction = sums.merge(
        steps[["technology", *USE, "saving_fraction"]].drop_duplicates(), on=["technology", *USE], how="left"
    )["saving_fraction"]
    weight = sums["step"] * -np.log1p(-fraction.fillna(0.0))
    use = [sums["product"], sums["province"], sums["end_use"]]
    total = weight.groupby(use).transform("sum")
    saved = sums["saving"].groupby(use).transform("sum")
    sums["saving"] = saved * (weight / total.where(total > 0, 1.0))
    return sums.assign(level="end_use")
