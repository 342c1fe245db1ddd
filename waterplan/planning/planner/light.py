"""The light answer: levers in, figures and prices out, in one call of the core (see core/light.cpp)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from waterplan.planning.core.kernel_arrays import KINDS, Answers, Handed, Pairs, Uses
from waterplan.planning.core.library import Column, call, taken
from waterplan.planning.model.flows import Array, Values
from waterplan.planning.model.prices import PERSPECTIVES
from waterplan.planning.model.structure import Index, Structure
from waterplan.planning.planner.dictionaries import Vertices
from waterplan.planning.planner.kernel_input import Bonus
from waterplan.planning.planner.lanes import BLOCK, Lanes
from waterplan.study.scenario import Levers

SLACK, FOUND, OUT_OF_REACH, NOT_ENDED, LOST = range(5)
BEST, PLAIN = 2, 0  # which instructions of the processor are used: the most that it has, or those of every one
FIGURES = (
    "status", "price", "bound", "counted_saving", "objective", "tie_break", "gross_cost", "scarcity_credit",
    "investment", "electricity", "heat",
)  # fmt: skip
MONEY = (
    "lifetime", "investment_per_m3", "water_share", "running_cost_per_m3", "running_cost_water_share", "heat_per_m3",
    "electricity_per_m3", "electricity_price", "grid_emission_factor", "water_price", "resource_fee", "sewage_fee",
    "water_stress", "public_supply_share", "sewer_share",
)  # fmt: skip
LINES = 7  # of costs, in each perspective
MONEY_OF_ALL = ("heat_price", "heat_emission_factor", "own_intake_cost", "effluent_treatment_cost")
NUMBERS = len(FIGURES) + len(PERSPECTIVES) * LINES


@dataclass(frozen=True)
class Money(Handed):
    """Input values that only prices are made of, by technology, province and sector."""

    lifetime: Array
    investment_per_m3: Array
    water_share: Array
    running_cost_per_m3: Array
    running_cost_water_share: Array
    heat_per_m3: Array
    electricity_per_m3: Array
    joint: Array
    electricity_price: Array
    grid_emission_factor: Array
    water_price: Array
    resource_fee: Array
    sewage_fee: Array
    water_stress: Array
    public_supply_share: Array
    sewer_share: Array
    heat_price: float
    heat_emission_factor: float
    own_intake_cost: float
    effluent_treatment_cost: float

    @classmethod
    def of(cls, structure: Structure, values: Values) -> Money:
        """The input values that a scenario has."""
        given: dict[str, Any] = {name: np.ascontiguousarray(values[name]) for name in MONEY}
        given |= {name: float(values[name]) for name in MONEY_OF_ALL}
        return cls(**given, joint=structure.joint_product.astype(float))


@dataclass(frozen=True)
class Asked(Handed):
    """The levers of runs: lever [run, lever], cost_scale [run, technology], subsidy [run, sector].

    What limits add, the same for all runs [CNY/m3]: surcharge [technology, sector] on capacity, pool_surcharge [pool,
    province], extra [sector, province] on a counted m3.
    """

    lever: Array
    cost_scale: Array
    subsidy: Array
    surcharge: Array
    pool_surcharge: Array
    extra: Array


def asked_of(
    structure: Structure,
    levers: Levers,
    wanted: float,
    bonus: Bonus | None = None,
    surcharge_of: Array | None = None,
) -> Asked:
    """The levers of one scenario, with a bonus and what limits add to the cost of capacity [technology].

    wanted: what has to be added to the counted saving of the start [hm3/a].
    """
    s = structure
    technologies, sectors, provinces = len(s.technologies), len(s.sectors), len(s.provinces)
    surcharge, extra = np.zeros((technologies, sectors)), np.zeros((sectors, provinces))
    if bonus is not None:
        surcharge -= bonus.on_capacity
        extra += bonus.on_saving[:, None]
    if surcharge_of is not None:
        surcharge += surcharge_of[:, None]
    lever = (
        wanted, PERSPECTIVES.index(levers.perspective), levers.cost_accounting == "full_credit",
        levers.discount_rate, levers.hurdle_rate, levers.electricity_price_scale, levers.water_price_scale,
        levers.carbon_price, levers.water_tax, levers.barrier_cost, levers.scarcity_value,
    )  # fmt: skip
    return Asked(
        np.array(lever, dtype=float), levers.technology_cost_scale, levers.investment_subsidy, surcharge,
        np.zeros((len(s.pools), provinces)), extra,
    )  # fmt: skip


@dataclass(frozen=True)
class Floors(Handed):
    """Floors of one kind.

    group [lane]: whose floor it counts for, -1 where none; bound [group]: what has to be saved at least [hm3/a]; price
    [group]: what is found [CNY/m3].
    """

    group: Index
    bound: Array
    price: Array
    count: int


NO_FLOORS = Floors(np.empty(0, np.int64), np.empty(0), np.empty(0), 0)


@dataclass(frozen=True)
class Accounts(Handed):
    """What is found of runs (see core/lanes.h): ``figure`` [run, :data:`FIGURES`, then cost lines by perspective].

    low, high [lane]: the two prices that each answers to in the plan of the last run, and share, that of the answer to
    the higher. draw [run, pool, province], saving [run, level, sector, province], effluent [run, sector, province],
    capacity and ``powered``, which is weighted by the price of electricity [run, technology, sector]: hm3/a. Only where
    they are wanted: ``emitting``, weighted by grid_emission_factor, placed [run, technology, province] and saved [run,
    technology], hm3/a.
    """

    figure: Array
    low: Array
    high: Array
    share: Array
    draw: Array
    saving: Array
    effluent: Array
    capacity: Array
    powered: Array
    emitting: Array
    placed: Array
    saved: Array
    wanted: int

    @classmethod
    def blank(cls, lanes: Lanes, runs: int = 1, is_all_wanted: bool = False) -> Accounts:
        """Room for what is found; ``placed`` and ``saved`` only where they are wanted."""
        count, by_province = lanes.blocks * BLOCK, lanes.technologies * lanes.provinces
        sectors, provinces, by_sector = lanes.sectors, lanes.provinces, lanes.technologies * lanes.sectors
        low, high, share = np.empty((3, count))
        more = runs if is_all_wanted else 0
        return cls(
            figure=np.empty((runs, NUMBERS)),
            low=low,
            high=high,
            share=share,
            draw=np.empty((runs, lanes.pools, provinces)),
            saving=np.empty((runs, 3, sectors, provinces)),
            effluent=np.empty((runs, sectors, provinces)),
            capacity=np.empty((runs, by_sector)),
            powered=np.empty((runs, by_sector)),
            emitting=np.empty((more, by_sector)),
            placed=np.empty((more, by_province)),
            saved=np.empty((more, lanes.technologies)),
            wanted=int(is_all_wanted),
        )

    @classmethod
    def joined(cls, parts: Sequence[Accounts]) -> Accounts:
        """The accounts of all runs, one part after the other; the plan is that of the last run of the first part."""
        names = [field.name for field in fields(cls)[:-1] if field.name not in ("low", "high", "share")]
        rows: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return replace(parts[0], **rows)


class _Desks(threading.local):
    """The memory that answers of one thread work in; kept, since to ask for it anew takes longer than an answer."""

    memory = np.empty(0)

    def of(self, lanes: Lanes, uses: Uses, floors: int = 0) -> Array:
        size = call("desk", lanes, uses, floors)
        if len(self.memory) < size:
            self.memory = np.empty(size)
        return self.memory


_desks = _Desks()


def answer_runs(
    lanes: Lanes, uses: Uses, money: Money, asked: Asked, guess: float, out: Accounts,
    first: int = 0, last: int = 1, instructions: int = BEST, floors: Floors | None = None,
) -> Vertices:  # fmt: skip
    """Answers runs first to last, with floors of one kind if there are any.

    Returns what the store of ``uses`` lacks: runs whose status is ``LOST`` have to be asked again with it.
    """
    columns = (Column * 2)()
    floors = floors or NO_FLOORS
    desk = _desks.of(lanes, uses, floors.count)
    call("light", instructions, first, last, guess, lanes, uses, money, asked, floors, desk, out, columns)
    use, basis = (taken(column, KINDS["Index"]) for column in columns)
    return Vertices(use, basis, len(use))


def decided(
    lanes: Lanes, uses: Uses, money: Money, asked: Asked, price: Array, lane_pair: Index, pairs: Pairs,
    answers: Answers, instructions: int = BEST,
) -> Answers:  # fmt: skip
    """The decisions of pairs when each lane answers to a price of its own [lane]."""
    desk = _desks.of(lanes, uses)
    call("decide", instructions, lanes, uses, money, asked, price, lane_pair, pairs, desk, answers)
    return answers
