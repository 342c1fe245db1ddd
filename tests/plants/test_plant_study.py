"""One plant as a study of its own: its figures, what it has, what is said of the rest, and what is refused."""

import numpy as np
import pytest
from one_plant import YEAR, records_of

from waterplan.base.errors import DataError, WaterplanError
from waterplan.planning.planner.planner import Planner
from waterplan.plants.measures.plant_study import plant_study
from waterplan.plants.records.records import GRADED
from waterplan.study.scenario import Scenario

BOTH = {"board": (1e5, None), "plate": (2e5, None)}


def made(study, products=None, **changes):
    changes = {"ground": 1e6} | changes
    return plant_study(records_of(products or BOTH, **changes), "mill", YEAR, study)


def value(plant, name, **labels):
    return float(plant.study.values[name].sel(**labels))


def keys(plant):
    return [remark.key.removeprefix("plant_plan.") for remark in plant.remarks]


def test_unmetered_water_is_split_by_output_times_the_studys_intensity(tiny):
    """Board 100,000 t at 10 m3/t and plate 200,000 t at 5 m3/t weigh the same."""
    plant = made(tiny)
    assert plant.withdrawal == {"board": 5e5, "plate": 5e5}
    assert value(plant, "intensity", product="board") == 5.0
    assert value(plant, "intensity", product="plate") == 2.5
    assert "split" in keys(plant)


def test_metered_products_keep_their_water_and_the_rest_goes_to_the_others(tiny):
    plant = made(tiny, {"board": (1e5, 7e5), "plate": (2e5, None)})
    assert plant.withdrawal == pytest.approx({"board": 7e5, "plate": 3e5})


def test_water_that_no_product_meters_stays_outside_the_plan_and_is_said(tiny):
    plant = made(tiny, {"board": (1e5, 6e5), "plate": (2e5, 3e5)})
    assert plant.unallocated == pytest.approx(1e5)
    assert plant.graded_withdrawal == pytest.approx(1e6)
    assert any("100,000 m3/a" in remark.text() for remark in plant.remarks)


def test_all_graded_sources_count_and_the_paid_ones_make_the_share_of_public_supply(tiny):
    plant = made(tiny, surface=2e5, ground=3e5, public=5e5)
    assert len(GRADED) == 4
    assert plant.graded_withdrawal == 1e6
    assert value(plant, "public_supply_share", sector="paper") == 0.5


def test_reference_withdrawal_of_the_model_is_what_the_plant_withdraws(tiny):
    plan = Planner(made(tiny, province="south").study).solve(Scenario().with_levers(saving_target=0))
    assert plan.instance.flows.reference_withdrawal.sum() * 1e6 == pytest.approx(1e6)


def test_what_is_in_place_has_penetration_one_and_shuts_out_its_group(tiny):
    plant = made(tiny, in_place=[("board", "hybrid_cooling"), ("", "metering")])
    at = {"product": "board", "end_use": "cooling"}
    assert value(plant, "penetration_base", technology="hybrid_cooling", **at) == 1
    assert value(plant, "penetration_max", technology="dry_cooling", **at) == 0
    assert value(plant, "penetration_max", technology="dry_cooling", product="plate", end_use="cooling") == 1
    for product in ("board", "plate"):
        assert value(plant, "penetration_base", technology="metering", product=product, end_use="site") == 1
    assert set(plant.in_place) == {("board", "hybrid_cooling"), ("board", "metering"), ("plate", "metering")}


def test_everything_else_may_be_added_to_the_whole_plant(tiny):
    values = made(tiny).study.values
    listed = values["saving_fraction"].notnull().to_numpy()
    assert (values["applicable_share"].to_numpy()[listed] == 1).all()
    assert (values["penetration_base"].to_numpy()[listed] == 0).all()
    assert (values["penetration_max"].to_numpy()[listed] == 1).all()


def test_a_source_that_the_province_lacks_is_not_offered(tiny):
    assert "reclaimed_water" in made(tiny, province="north").study.technologies.index
    assert "reclaimed_water" not in made(tiny, province="south").study.technologies.index
    assert "electrosorption" in made(tiny, province="south").study.technologies.index


def test_nothing_of_other_products_or_provinces_is_in_the_plants_study(tiny):
    study = made(tiny, {"pulp": (1e4, None)}, province="north").study
    assert list(study.products.index) == ["pulp"]
    assert list(study.provinces.index) == ["north"]
    assert list(study.sectors.index) == ["paper"]
    assert set(study.rows["product"]) == {"", "pulp"}
    assert (study.base_year, study.target_year) == (YEAR, YEAR)


def test_own_tariffs_and_shares_stand_in_place_of_the_studys(tiny):
    shares = [("board", "washing", 0.25), ("board", "cooling", 0.75)]
    plant = made(tiny, {"board": (1e5, None)}, shares=shares, tariffs={"water_price": 6.5, "heat_price": 0.1})
    assert value(plant, "water_price", province="middle") == 6.5
    assert value(plant, "heat_price") == 0.1
    assert value(plant, "resource_fee", province="middle") == 0.5
    assert value(plant, "end_use_share", product="board", end_use="washing") == 0.25
    assert value(plant, "end_use_share", product="board", end_use="domestic") == 0
    assert "study_shares" not in keys(plant)
    assert "study_tariffs" in keys(plant)


def test_a_figure_leads_to_the_record_an_assumption_or_the_study(tiny):
    study = made(tiny).study
    assert study.trace("intensity", product="board").source.name == "plant_record"
    at = {"technology": "metering", "product": "board", "end_use": "site"}
    assert study.trace("penetration_max", **at).source.name == "plant_assumption"
    assert study.trace("saving_fraction", **at).source.name == "by_hand"
    assert study.digest != made(tiny, ground=2e6).study.digest


def test_the_study_that_it_comes_from_is_not_touched(tiny):
    before = tiny.rows.copy(), tiny.values.copy(deep=True), len(tiny.sources)
    made(tiny, in_place=[("board", "metering")])
    assert tiny.rows.equals(before[0])
    assert tiny.values.identical(before[1])
    assert len(tiny.sources) == before[2]


def test_a_technology_that_is_not_listed_for_the_product_is_left_out_and_said(tiny):
    plant = made(tiny, {"board": (1e5, None)}, in_place=[("board", "drum_filter")])
    assert plant.in_place == ()
    (said,) = [remark for remark in plant.remarks if remark.key == "plant_plan.not_listed"]
    label = tiny.technologies.loc["drum_filter"]
    assert str(label["name_en"]) in said.text()
    assert str(label["name_zh"]) in said.text("zh")


def test_remarks_call_products_by_their_names_in_either_language(tiny):
    plant = made(tiny, {"board": (1e5, None), "plate": (2e5, None)})
    said = dict(zip(keys(plant), plant.remarks, strict=True))
    english, chinese = (", ".join(tiny.products.loc[["board", "plate"], f"name_{one}"]) for one in ("en", "zh"))
    for key in ("split", "study_shares"):
        assert english in said[key].text()
        assert chinese.replace(", ", "、") in said[key].text("zh")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"province": "norht"}, 'Did you mean "north"'),
        ({"products": {"bord": (1.0, None)}}, 'Did you mean "board"'),
        ({"in_place": [("board", "meterin")]}, 'Did you mean "metering"'),
        ({"products": {"board": (0.0, None)}}, "output"),
        ({"products": {"board": (np.nan, None)}}, "output"),
        ({"products": {"board": (1e5, 0.0)}}, "withdraws water"),
        ({"products": {"board": (1e5, 2e6)}}, "more than the site withdraws"),
        ({"products": {"board": (1e5, 1e6), "plate": (1e5, None)}}, "nothing is left"),
        ({"ground": 0.0}, "nothing to save"),
        ({"ground": np.nan, "surface": np.nan, "public": np.nan}, "nothing to save"),
        ({"shares": [("board", "washing", 0.5)]}, "must sum to 1"),
        ({"in_place": [("board", "hybrid_cooling"), ("board", "dry_cooling")]}, "exclude each other"),
    ],
)
def test_a_record_that_cannot_be_planned_for_says_why(tiny, changes, match):
    changes = dict(changes)
    with pytest.raises(DataError, match=match):
        made(tiny, changes.pop("products", None), **changes)


def test_a_plant_or_year_without_a_record_is_named(tiny):
    with pytest.raises(WaterplanError, match='Did you mean "mill"'):
        plant_study(records_of(BOTH, ground=1e6), "mil", YEAR, tiny)
    with pytest.raises(WaterplanError, match="another year"):
        plant_study(records_of(BOTH, ground=1e6), "mill", YEAR + 1, tiny)
