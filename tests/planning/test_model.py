"""The model on the tiny study, solved by hand. Its README has the sums of withdrawal and gross flow.

At interest 0 capacity costs, in the north and the middle (in the south, where electricity costs twice as much)

    spray_rinse      10/10 + 0.1                  = 1.1          metering          2/10 + 0.1            = 0.3
    counter_current  20/10 + 0.5 + 0.5 * 0.5      = 2.75 (3)     biological_reuse  10/20 + 1 + 0.25      = 1.75 (2)
    drum_filter      40/20 * 0.25 + 0.5           = 1            membrane_reuse    20/10 + 2 + 0.5       = 4.5 (5)
    hybrid_cooling   20/20 + 0.5 + 0.5 * 0.5      = 1.75 (2)     reclaimed_water   10/20 + 1 + 0.25      = 1.75 (2)
    dry_cooling      40/20 + 1 + 2 * 0.5          = 4 (5)        electrosorption   30/10 + 2 + 2 * 0.5   = 6 (7) CNY/m3
"""

import pytest
from solving import levers_of, solve_study

from waterplan.planning.solver import largest_saving

METERING_AT_PLATE = 60.5 * 0.1 * (1 - 0.5) / (1 - 0.1 * 0.5)  # 3.184: half of the sites have it and withdraw less


def hand(expected):
    """Equal to what the sum says; the tie-break adds less than 1e-6 to a cubic metre."""
    return pytest.approx(expected, abs=1e-4)


@pytest.fixture
def solved(tiny):
    def solve_only(*technologies, **levers):
        exclude = [name for name in tiny.technologies.index if technologies and name not in technologies]
        return solve_study(tiny, levers_of(tiny, exclude=exclude, **levers))

    return solve_only


def total(by_place, technology, product=None):
    return sum(amount for (t, p, _), amount in by_place.items() if t == technology and product in (None, p))


def test_the_cheapest_technology_goes_first(solved):
    """Metering can save 10 % of 300 at board, 5 % of 100 at pulp and twice 3.18 at plate: 41.4. The target is 40."""
    answer = solved(saving_target=40)
    assert answer.cost == hand(40 * 0.3)
    assert answer.solution.duals.shadow_price == hand(0.3)
    assert total(answer.capacity, "metering") == hand(40)


def test_level_two_acts_on_what_level_one_left(solved):
    """Metering at board and plate saves 30 + 6.368. The drum filter saves d at pulp, and metering there 5 % of 100 - d.

    36.368 + d + 5 - 0.05 d = 60, so d = 18.632 / 0.95. A cubic metre more needs 1/0.95 more of d, at 1 each, and loses
    0.05/0.95 of metering at 0.3 each.
    """
    answer = solved("metering", "drum_filter", saving_target=60)
    drum = (60 - 30 - 2 * METERING_AT_PLATE - 5) / 0.95
    metering = 60 - drum
    assert total(answer.capacity, "drum_filter") == hand(drum)
    assert answer.cost == hand(drum * 1 + metering * 0.3)
    assert answer.solution.duals.shadow_price == hand((1 - 0.05 * 0.3) / 0.95)


def test_technologies_on_one_end_use_compound(solved):
    """Gross flow of board's washing is 62.5 + 50 + 75 = 187.5; 60 % of the plants have neither, 40 % the spray rinse.

    First the spray rinse at 40 % of it, on plants with neither: saves 0.5 * 0.4 * 187.5 = 37.5 at 1.1. Then counter
    current on the other 20 % with neither: saves 0.5 * 0.2 * 187.5 = 18.75, of which 7.5 in the south. The last
    60 - 56.25 = 3.75 come from counter current on plants with a spray rinse, where a unit of capacity saves half:
    2.75 / 0.5 = 5.5 a cubic metre.
    """
    answer = solved("spray_rinse", "counter_current", saving_target=60)
    assert answer.cost == hand(37.5 * 1.1 + 11.25 * 2.75 + 7.5 * 3 + 3.75 * 5.5)
    assert answer.solution.duals.shadow_price == hand(5.5)
    assert total(answer.capacity, "counter_current") == hand(18.75 + 2 * 3.75)
    assert sum(answer.saving.values()) == hand(60)


def test_members_of_an_exclusive_group_never_stand_together(solved):
    """Hybrid cooling: board 0.5 * 0.2 * (37.5 + 30 + 45) = 11.25 (south 4.5), plate 0.5 * 0.4 * 36.3 = 7.26 in each of
    middle and south: 25.77 in all, 14.01 of it outside the south. The missing 30 - 25.77 = 4.23 are dry cooling at 4.
    """
    answer = solved("hybrid_cooling", "dry_cooling", saving_target=30)
    assert answer.cost == hand(14.01 * 1.75 + 11.76 * 2 + 4.23 * 4)
    assert answer.solution.duals.shadow_price == hand(4)
    assert total(answer.capacity, "hybrid_cooling") == hand(25.77)


def test_a_pool_is_shared_and_has_a_price(solved):
    """Reclaimed water could replace 10 % of 100 in the north and of 140.5 in the middle; the pool holds 5 and 10. The
    missing 5 are electrosorption at 6, so a cubic metre more in a pool is worth 6 - 1.75.
    """
    answer = solved("reclaimed_water", "electrosorption", saving_target=20)
    assert answer.cost == hand(15 * 1.75 + 5 * 6)
    assert answer.solution.duals.shadow_price == hand(6)
    assert answer.solution.duals.pool[0] == pytest.approx([4.25, 4.25, 0], abs=1e-4)


def test_what_pays_for_itself_is_built_without_a_target(solved):
    """Society avoids, for a cubic metre that metering saves, public_supply_share * water_price and the rest at 0.5, and
    half of the effluent at 1. Paper: 2.75, 2.25, 1.75 from north to south; steel: 1.5 in the middle, 1.3 in the south.
    """
    answer = solved("metering", saving_target=0, perspective="society")
    paper = 15 * (0.3 - 2.75) + 8 * (0.3 - 2.25) + 12 * (0.3 - 1.75)
    steel = METERING_AT_PLATE * ((0.3 - 1.5) + (0.3 - 1.3))
    assert answer.cost == hand(paper + steel)
    assert answer.solution.duals.shadow_price == 0


def test_an_investment_cap_counts_joint_products_whole(solved):
    """20 from the drum filter would cost 20 and take 800. With 500: d + s = 20 and 40 d + 10 s = 500, so both are 10.

    One more MCNY moves 1/30 hm3 from the spray rinse at 1.1 to the drum filter at 1. One more cubic metre takes 4/3 of
    the spray rinse less 1/3 of the drum filter.
    """
    answer = solved("drum_filter", "spray_rinse", saving_target=20, investment_cap=500)
    assert answer.cost == hand(10 * 1 + 10 * 1.1)
    assert answer.solution.duals.investment_cap == hand(0.1 / 30)
    assert answer.solution.duals.shadow_price == hand(4 / 3 * 1.1 - 1 / 3 * 1)


def test_an_electricity_cap_counts_joint_products_whole(solved):
    """The drum filter takes 1 kWh/m3, the spray rinse none: with 8 GWh, 8 hm3 come from the one, 12 from the other."""
    answer = solved("drum_filter", "spray_rinse", saving_target=20, electricity_cap=8)
    assert answer.cost == hand(8 * 1 + 12 * 1.1)
    assert answer.solution.duals.electricity_cap == hand(0.1)


def test_a_sector_floor_has_a_price_of_its_own(solved):
    """5 % of 121 is 6.05, within what metering can do at plate (6.368)."""
    answer = solved(saving_target=0, sector_floor={"steel": 0.05})
    assert answer.cost == hand(6.05 * 0.3)
    assert answer.solution.duals.sector_floor == pytest.approx([0, 0.3], abs=1e-4)
    assert answer.solution.duals.shadow_price == 0


def test_a_province_floor_has_a_price_of_its_own(solved):
    """5 % of 200 is 10, within what metering can do in the north (10 + 5)."""
    answer = solved(saving_target=0, province_floor={"north": 0.05})
    assert answer.cost == hand(10 * 0.3)
    assert answer.solution.duals.province_floor == pytest.approx([0.3, 0, 0], abs=1e-4)


def test_a_technology_floor_is_a_share_of_the_largest_capacity(solved):
    """Half of the drum filter's largest capacity, 0.5 * (0.8 - 0.4) * 125 = 25."""
    answer = solved(saving_target=0, technology_floor={"drum_filter": 0.5})
    assert answer.cost == hand(12.5)
    assert answer.solution.duals.technology_floor[
        list(answer.given.structure.technologies).index("drum_filter")
    ] == hand(1)


def test_a_technology_cap_makes_room_for_the_next(solved):
    """Half of metering is (35 + 6.368) / 2 = 20.684, at 0.3; the other 9.316 of 30 are the drum filter, 0.7 dearer."""
    answer = solved("metering", "drum_filter", saving_target=30, technology_cap={"metering": 0.5})
    metering = (35 + 2 * METERING_AT_PLATE) / 2
    assert answer.cost == hand(metering * 0.3 + (30 - metering) * 1)
    assert answer.solution.duals.technology_cap[list(answer.given.structure.technologies).index("metering")] == hand(
        0.7
    )


def test_sources_that_do_not_count_are_not_used(solved):
    answer = solved("reclaimed_water", "metering", saving_target=40, count_alternative_supply=False)
    assert total(answer.capacity, "reclaimed_water") == 0
    assert answer.cost == hand(40 * 0.3)


def test_the_largest_saving_takes_every_level_after_the_other(solved):
    """Pulp: the drum filter saves 25 of 100, metering 5 % of the other 75. Nothing replaces the rest."""
    answer = solved("drum_filter", "metering", saving_target=0, technology_cap={"metering": 1})
    most = 25 + 0.05 * 75 + 30 + 2 * METERING_AT_PLATE
    assert largest_saving(answer.compiled, answer.given.structure) == pytest.approx(most, abs=1e-6)


def test_every_unknown_has_finite_bounds(solved):
    compiled = solved().compiled
    assert (compiled.lower == 0).all()
    assert (compiled.upper < 1e4).all()


def test_one_technology_alone_on_an_end_use_has_no_row(solved):
    rows = solved().compiled.rows
    assert not any("pulp" in label for label in rows["steps_leave_from_plants_that_exist"])
    assert not any("pulp" in label for label in rows["technology_stays_within_its_rollout"])


def test_limits_that_a_scenario_does_not_set_have_no_rows(solved):
    assert not {name for name in solved().compiled.rows if "floor" in name or name.endswith("below_cap")}
