"""Ranking the plants of one file among each other, and reading it fast: the same as the slow ways, on what is drawn."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_plant import records_of

from waterplan import read_records
from waterplan.base.errors import DataError
from waterplan.plants.norms.grades import what_is_made
from waterplan.plants.peers.peers import PEER_KEYS, PEERS_NEEDED, THEMSELVES, percentile
from waterplan.plants.records.records import Records

INTENSITIES = st.sampled_from([1.0, 2.0, 2.5, 7.0, np.nan])
HEAD = "plant,year,province,product,output,withdrawal from groundwater,consumed\n"
UNITS = ",,,,t,m3,m3\n"
ROW = "mill {number},2017,hebei,beer,10,100,100\n"


@st.composite
def drawn(draw) -> Records:
    """Plants with years, routes and intensities that often tie."""
    key = st.tuples(st.integers(0, 14), st.sampled_from([2015, 2016, 2017]), st.sampled_from(["", "wet"]))
    keys = draw(st.lists(key, min_size=1, max_size=60, unique=True))
    rows = [
        {"plant": f"mill {plant}", "year": year, "product": "beer", "route": route, "variant": "", "output": 1.0,
         "withdrawal": draw(INTENSITIES)}
        for plant, year, route in keys
    ]  # fmt: skip
    products = pd.DataFrame(rows)
    index = pd.MultiIndex.from_frame(products[["plant", "year"]].drop_duplicates())
    return Records(pd.DataFrame({"withdrawal_ground": np.nan}, index=index), products, pd.DataFrame(), pd.DataFrame())


def peers_of(records):
    """Records as peers: plant, product, route, intensity [m3/unit] of each plant's newest year that has one."""
    table = records.products[[*PEER_KEYS, "year"]].assign(intensity=what_is_made(records).intensity)
    newest = table.dropna(subset="intensity").sort_values("year", kind="stable")
    return newest.drop_duplicates(PEER_KEYS, keep="last").drop(columns="year").sort_index()


@given(drawn())
@settings(max_examples=150, deadline=None)
def test_among_themselves_plants_stand_where_a_table_of_them_puts_them(china, records):
    quick, slow = percentile(records, china, THEMSELVES), percentile(records, china, peers_of(records))
    pd.testing.assert_frame_equal(quick, slow, check_exact=False, rtol=1e-12)


def test_the_place_is_the_share_that_makes_do_with_less_counted_by_hand(china):
    one = records_of({"beer": (1.0, None)}, ground=0.0)
    names = [f"mill {number}" for number in range(PEERS_NEEDED + 1)]
    sites = pd.concat([one.sites.rename(index={"mill": name}) for name in names])
    sites["withdrawal_ground"] = [3.0, 3.0, *range(10, 10 + PEERS_NEEDED - 1)]
    products = pd.concat([one.products.assign(plant=name) for name in names], ignore_index=True)
    place = percentile(replace(one, sites=sites, products=products), china, THEMSELVES)["place"]
    assert place.tolist()[:4] == [5, 5, 20, 30]  # of ten others: one ties; two make do with less, then three


class TestOnce:
    def test_an_answer_is_made_once_for_the_same_records_and_anew_for_others(self):
        records = records_of({"beer": (2.0, None)}, ground=10.0)
        assert what_is_made(records) is what_is_made(records)
        assert what_is_made(replace(records, products=records.products.assign(output=5.0))).intensity[0] == 2

    def test_nothing_is_kept_of_records_that_are_gone(self):
        records = records_of({"beer": (2.0, None)}, ground=10.0)
        gone = weakref.ref(what_is_made(records))
        del records
        gc.collect()
        assert gone() is None


class TestUnevenRows:
    """A row too long and one too short have as many commas together as two even ones; neither may pass."""

    @pytest.mark.parametrize("units", [False, True])
    @pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 5), (5, 0)])
    @pytest.mark.parametrize("quoted", [False, True])
    def test_they_are_told_by_their_rows(self, china, units, order, quoted):
        lines = [ROW.format(number=number) for number in range(6)]
        long, short = order
        lines[long] = lines[long].replace("\n", ",100\n")
        lines[short] = lines[short].replace(",100\n", "\n")
        if quoted:
            lines[3] = lines[3].replace("mill 3", '"mill, 3"')
        head = HEAD + UNITS if units else HEAD.replace("output", "output (t)").replace("er,con", "er (m3),con")
        head = head if units else head.replace("consumed", "consumed (m3)")
        with pytest.raises(DataError) as told:
            read_records((head + "".join(lines)).encode(), china)
        rows = {problem.row for problem in told.value.problems}
        assert rows == {long + 2 + units, short + 2 + units}

    def test_even_rows_with_commas_in_quotes_are_read(self, china):
        lines = [ROW.format(number=number).replace("mill", '"mill, old"' if number else "mill") for number in range(3)]
        lines = [line.replace('old" ', "old ").replace(",2017", '",2017') if '"' in line else line for line in lines]
        records = read_records((HEAD + UNITS + "".join(lines)).encode(), china)
        assert records.sites.index.get_level_values(0).tolist() == ["mill 0", "mill, old 1", "mill, old 2"]
