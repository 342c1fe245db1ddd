"""The score from 1 to 100: what it means for one product, for a mix, and the laws that it obeys."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from waterplan.plants.norms.ladders import ladders
from waterplan.plants.peers.peers import percentile
from waterplan.plants.peers.reference import references
from waterplan.plants.peers.score import score
from waterplan.plants.records.records import Records

PRODUCTS = ("newsprint", "beer", "cane_sugar", "refining")


def plant(withdrawal, year=2015, variant="", **outputs):
    made = pd.DataFrame({"product": list(outputs), "output": [float(one) for one in outputs.values()]})
    made = made.assign(plant="mill", year=year, route="", variant=variant, withdrawal=np.nan)
    index = pd.MultiIndex.from_tuples([("mill", year)], names=["plant", "year"])
    sites = pd.DataFrame({"withdrawal_surface": [withdrawal], "withdrawal_rain": [1e9]}, index=index)
    return Records(sites, made, pd.DataFrame(), pd.DataFrame())


def only(frame):
    assert len(frame) == 1
    return frame.iloc[0]


def distribution(study, product, year=2015):
    number, made = ladders(study, year).place[product, ""], references(study, year)
    return made.log_median[number, 0], made.spread[number, 0]


class TestOneProduct:
    @pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.25, 75), (0.05, 95), (0.8, 20)])
    def test_the_score_is_the_share_of_plants_that_do_worse(self, china, share, expected):
        log_median, spread = distribution(china, "newsprint")
        withdrawal = 1000 * np.exp(log_median + spread * norm.ppf(share))
        assert only(score(plant(withdrawal, newsprint=1000), china))["score"] == expected

    def test_it_agrees_with_the_place_in_the_reference(self, china):
        records = plant(9000.0, newsprint=1000)
        assert only(score(records, china))["place"] == pytest.approx(only(percentile(records, china))["place"])

    def test_the_ratio_is_to_the_median_plant(self, china):
        row = only(score(plant(9000.0, newsprint=1000), china))
        median = 1000 * np.exp(distribution(china, "newsprint")[0])
        assert (row["typical"], row["ratio"]) == pytest.approx((median, 9000 / median))

    def test_the_ends_are_1_and_100(self, china):
        ends = [only(score(plant(withdrawal, newsprint=1000), china))["score"] for withdrawal in (0.0, 1e-3, 1e9)]
        assert ends == [100, 100, 1]

    def test_own_other_sources_do_not_count(self, china):
        assert only(score(plant(9000.0, newsprint=1000), china))["withdrawal_graded"] == 9000


class TestMix:
    def test_a_mix_is_placed_where_all_its_products_together_take_what_it_takes(self, china):
        outputs = {"newsprint": 1000, "beer": 3000, "refining": 50_000}
        row = only(score(plant(60_000.0, **outputs), china))
        fits = [(amount, *distribution(china, name)) for name, amount in outputs.items()]

        def takes(z):
            return sum(amount * np.exp(log_median + spread * z) for amount, log_median, spread in fits)

        z = brentq(lambda z: takes(z) - 60_000, -10, 10, xtol=1e-13)
        assert row["place"] == pytest.approx(100 * norm.cdf(z))
        assert row["typical"] == pytest.approx(takes(0))

    def test_a_plant_that_is_typical_in_all_it_makes_scores_50(self, china):
        typical = only(score(plant(1.0, newsprint=10, cane_sugar=70), china))["typical"]
        row = only(score(plant(typical, newsprint=10, cane_sugar=70), china))
        assert (row["score"], row["ratio"]) == (50, pytest.approx(1))

    def test_thirsty_products_are_allowed_for(self, china):
        """The same water a tonne made is better where more of it is cane sugar, which takes more."""
        scores = [
            only(score(plant(15_000.0, newsprint=1000 - n, cane_sugar=n), china))["place"] for n in (100, 500, 900)
        ]
        assert scores == sorted(scores, reverse=True)


class TestMissing:
    @pytest.mark.parametrize(
        "records",
        [
            plant(9000.0, newsprint=1000, gold=1),
            plant(np.nan, newsprint=1000),
            plant(9000.0, newsprint=np.nan),
            plant(9000.0, liquor=1000),
            plant(9000.0, newsprint=0),
        ],
        ids=["no such product", "no withdrawal", "no output", "variant not told", "nothing made"],
    )
    def test_where_something_is_missing_there_is_no_score(self, china, records):
        records.sites["withdrawal_rain"] = np.nan
        row = only(score(records, china))
        assert pd.isna(row["score"])
        assert pd.isna(row["place"])

    def test_a_plant_that_makes_nothing_has_no_score(self, china):
        records = plant(9000.0, newsprint=1000)
        empty = Records(records.sites, records.products.iloc[:0], pd.DataFrame(), pd.DataFrame())
        assert pd.isna(only(score(empty, china))["score"])


outputs = st.fixed_dictionaries({name: st.floats(0, 1e6) for name in PRODUCTS}).filter(lambda o: max(o.values()) > 1)


@settings(max_examples=40, deadline=None)
@given(outputs, st.floats(1, 1e9), st.floats(1, 10), st.sampled_from(PRODUCTS))
def test_laws_of_the_score(china, outputs, withdrawal, factor, product):
    """More water never scores higher, more output never lower, and size does not matter."""
    row = only(score(plant(withdrawal, **outputs), china))
    assert 1 <= row["score"] <= 100
    thirstier = only(score(plant(withdrawal * factor, **outputs), china))
    assert thirstier["score"] <= row["score"]
    assert thirstier["place"] >= row["place"]
    more = only(score(plant(withdrawal, **(outputs | {product: outputs[product] * factor})), china))
    assert more["place"] <= row["place"] + 1e-9
    larger = only(score(plant(withdrawal * factor, **{name: one * factor for name, one in outputs.items()}), china))
    assert larger["place"] == pytest.approx(row["place"], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(outputs, st.floats(1, 1e9)), min_size=2, max_size=5))
def test_all_at_once_is_as_one_by_one(china, plants):
    parts = [plant(withdrawal, **made) for made, withdrawal in plants]
    products = pd.concat([part.products.assign(plant=f"mill {n}") for n, part in enumerate(parts)], ignore_index=True)
    index = pd.MultiIndex.from_tuples([(f"mill {n}", 2015) for n in range(len(parts))], names=["plant", "year"])
    sites = pd.concat([part.sites for part in parts]).set_axis(index)
    together = score(Records(sites, products.sample(frac=1, random_state=1), pd.DataFrame(), pd.DataFrame()), china)
    alone = [only(score(part, china))["place"] for part in parts]
    assert together["place"].tolist() == pytest.approx(alone, abs=1e-9)
