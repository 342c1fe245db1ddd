"""Many plants at once: the Dataset says of each plant what Standing says of it, and survives a file."""

import csv
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr
from one_plant import YEAR, records_of

import waterplan
from waterplan.base.errors import DataError, WaterplanError
from waterplan.base.texts import Texts
from waterplan.base.vocabulary import of_kind, terms
from waterplan.plants.norms.grades import ALLOCATIONS
from waterplan.plants.norms.ladders import GRADES, REACHED, STATUSES
from waterplan.plants.peers.peers import published_peers
from waterplan.plants.records.records import Records
from waterplan.plants.standing.benchmark import PEERS, POOL, PUBLISHED, RECORDS, REFERENCE, benchmark
from waterplan.plants.standing.standing import standing

CSV = """plant,year,province,product,output (t),withdrawal from groundwater (m3),consumed (m3),discharged (m3)
mill,2017,middle,board,100000,1300000,1000000,300000
works,2017,north,board,100000,900000,600000,300000
works,2016,north,board,100000,950000,650000,300000
"""
NAMES = ("mill", "works", "shop")


@pytest.fixture(scope="module")
def three() -> Records:
    """A mill of one product, a works of two and a shop of a product that no study has."""
    made = [
        records_of({"board": (1e5, None)}, ground=1.3e6),
        records_of({"board": (1e5, 9e5), "plate": (2e5, 4e5)}, surface=2e6),
        records_of({"gold": (1e3, None)}, province="north", ground=1e5),
    ]
    sites = [one.sites.rename(index={"mill": name}) for one, name in zip(made, NAMES, strict=True)]
    products = [one.products.assign(plant=name) for one, name in zip(made, NAMES, strict=True)]
    products[1].loc[1, "variant"] = "hot"
    products = pd.concat(products, ignore_index=True)
    return replace(made[0], sites=pd.concat(sites).assign(consumed=1e5, discharged=2e5), products=products)


@pytest.fixture(scope="module")
def answer(three, tiny) -> xr.Dataset:
    return benchmark(three, tiny, peers="published")


def at(answer, plant):
    return answer.isel(plant_year=int(np.flatnonzero(answer["plant"].values == plant)[0]))


class TestAgreesWithOnePlant:
    @pytest.mark.parametrize("plant", NAMES)
    def test_grades_gaps_balance_indicators_and_score_of_the_plant(self, answer, three, tiny, plant):
        row, told = at(answer, plant), standing(three, plant, YEAR, tiny)
        for name, column in (
            ("mix_grade", "grade"),
            ("mix_status", "status"),
            ("mix_grade_estimated", "grade_estimated"),
        ):
            assert str(row[name].item()) == ("" if pd.isna(told.mix[column]) else told.mix[column])
        for grade in GRADES:
            for name, column in (("allowed_withdrawal", "allowed"), ("mix_gap_volume", "gap_volume")):
                np.testing.assert_equal(row[name].sel(grade=grade).item(), told.mix[f"{column}_{grade}"])
        for name in (*told.indicators.index, *told.balance.index):
            expected = told.indicators["value"].get(name, told.balance.get(name))
            np.testing.assert_equal(row[name].item(), expected)
        np.testing.assert_equal(row["score"].item(), told.score)

    @pytest.mark.parametrize("plant", NAMES)
    def test_products_and_their_places(self, answer, three, tiny, plant):
        told = standing(three, plant, YEAR, tiny)
        own = answer.isel(plant_product=np.flatnonzero(answer["plant"].values[answer["site"].values] == plant))
        assert own["product"].values.tolist() == told.products["product"].tolist()
        np.testing.assert_array_equal(own["withdrawal_per_output"], told.intensities["withdrawal_per_output"])
        np.testing.assert_array_equal(own["place"], told.places["percentile"])
        np.testing.assert_array_equal(own["place_low"], told.places["lower"])
        assert own["place_basis"].values.tolist() == told.places["basis"].tolist()
        for grade in GRADES:
            np.testing.assert_array_equal(own["norm"].sel(grade=grade), told.products[f"norm_{grade}"])

    def test_each_product_knows_the_row_of_its_plant(self, answer):
        assert answer["site"].values.tolist() == [0, 1, 1, 2]


class TestPeers:
    def test_plants_of_the_same_file_are_peers_of_each_other(self, tiny):
        one = records_of({"board": (1e5, None)}, ground=1e6)
        names = [f"mill {number}" for number in range(11)]
        sites = pd.concat([one.sites.rename(index={"mill": name}) for name in names])
        sites["withdrawal_ground"] = 1e5 * np.arange(1, 12)
        products = pd.concat([one.products.assign(plant=name) for name in names], ignore_index=True)
        told = benchmark(replace(one, sites=sites, products=products), tiny)
        assert set(told["place_basis"].values) == {"records"}
        np.testing.assert_allclose(told["place"], 10 * np.arange(11))
        assert set(told["peers"].values) == {10}

    def test_with_too_few_the_reference_stands_in(self, answer):
        assert answer["place_basis"].values.tolist() == ["reference", "reference", "reference", ""]

    def test_a_table_of_peers_and_none(self, three, tiny):
        given = benchmark(three, tiny, peers=published_peers(tiny))
        assert given["peers"].values[0] == 2
        assert benchmark(three, tiny, peers=None)["peers"].values[0] == 0

    def test_what_the_pool_tells_comes_first(self, three, tiny):
        key = {"plant": "mill", "year": YEAR, "product": "board", "route": "", "intensity": 13.0}
        pool = pd.DataFrame([key | {"place": 45.0, "place_low": 40.0, "place_high": 50.0, "release": 1}])
        told = benchmark(three, tiny, place=pool)
        assert (told["place_basis"].values[0], told["place"].values[0], told["place_high"].values[0]) == (
            "pool",
            45,
            50,
        )
        assert told["place_basis"].values[1] == "reference"

    def test_an_unknown_word_for_peers_is_told(self, three, tiny):
        with pytest.raises(WaterplanError, match='Did you mean "published"'):
            benchmark(three, tiny, peers="publishd")


class TestDataset:
    def test_variables_are_terms_with_their_units_and_labels(self, answer):
        known = terms()
        for name, array in answer.data_vars.items():
            assert array.attrs["long_name"] == known[name].label_en
            assert array.attrs["units"] == known[name].unit
            if known[name].kind == "standing":
                assert array.dims == known[name].dims

    def test_every_term_of_standing_is_there(self, answer):
        assert {one.name for one in of_kind("standing")} - set(answer.data_vars) == set()

    def test_it_survives_netcdf(self, answer, tmp_path):
        answer.to_netcdf(tmp_path / "plants.nc", engine="h5netcdf")
        with xr.open_dataset(tmp_path / "plants.nc", engine="h5netcdf") as opened:
            xr.testing.assert_identical(opened.load(), answer)

    def test_a_file_gives_the_same_as_its_records_and_tells_what_was_converted(self, tiny, tmp_path):
        (tmp_path / "plants.csv").write_text(CSV.replace("(t)", "(10^4 t)").replace("100000,", "10,"))
        (tmp_path / "plain.csv").write_text(CSV)
        told, plain = (benchmark(tmp_path / f"{name}.csv", tiny) for name in ("plants", "plain"))
        xr.testing.assert_equal(told, plain)
        xr.testing.assert_equal(told, waterplan.benchmark(CSV.encode(), tiny))
        assert "10000" in told.attrs["conversions"]
        assert "乘以 10000，换算为" in told.attrs["conversions_zh"]
        assert told.attrs["study_digest"] == tiny.digest

    def test_the_shipped_study_is_taken_where_none_is_given(self, china):
        text = CSV.replace("middle", "beijing").replace("north", "hebei").replace("board", "beer")
        assert benchmark(text.encode()).attrs["study_digest"] == china.digest

    def test_what_is_wrong_with_a_file_is_told_whole(self, tiny):
        spoilt = CSV.replace("middle", "midle").replace(",900000,", ",-9,")
        with pytest.raises(DataError) as told:
            benchmark(spoilt.encode(), tiny, name="plants.csv")
        assert {problem.row for problem in told.value.problems} >= {2, 3}


class TestTables:
    def test_things_are_called_by_their_names_in_the_language_asked_for(self, three, tiny, tmp_path):
        answer = benchmark(three, tiny)
        for language, grade, whole in (("en", "limit", "whole plant"), ("zh", "限定值", "全厂")):
            waterplan.write_benchmark(answer, tmp_path / "answer.csv", language)
            waterplan.write_benchmark(answer, tmp_path / "answer.xlsx", language)
            name = tiny.products.loc["board", f"name_{language}"]
            with (tmp_path / "answer.csv").open(encoding="utf-8-sig") as file:
                told = next(csv.reader(file)), next(csv.reader(file))
            assert {name, tiny.provinces.loc["middle", f"name_{language}"], grade, whole} <= set(told[1])
            assert not {"board", "middle", "whole_plant"} & set(told[1])
            sheet = openpyxl.load_workbook(tmp_path / "answer.xlsx").worksheets[1]
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
            assert [row[:3] for row in rows[:2]] == [["mill", YEAR, name], ["works", YEAR, name]]
            assert rows[0][-1] == tiny.products.loc["board", "output_unit"]
            assert rows[-1][2] == "gold"  # no study has it

    def test_every_word_of_an_answer_has_its_text(self):
        for words, start in ((REACHED, "grade"), (STATUSES, "status"), (ALLOCATIONS, "allocation")):
            assert all(Texts("standing", "zh")(f"{start}_{word}") for word in words)
        assert all(Texts("standing", "zh")(f"among_{basis}") for basis in (RECORDS, PUBLISHED, PEERS, POOL, REFERENCE))
