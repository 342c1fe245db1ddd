"""What the tables must say together; each fault is told once, where it stands, with what to do."""

import re
import shutil

import pytest
from spoiling import Copy

from waterplan.base.errors import DataError, Problem
from waterplan.study.tables import folder as reading


def only(copy: Copy) -> Problem:
    (problem,) = copy.problems()
    return problem


def test_end_use_shares_sum_to_one(copy: Copy):
    row = copy.row("end_use_shares", product="board")
    copy.set("end_use_shares", row, value="0.55")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "value")
    assert problem.message.startswith(
        'the end uses of product "board" sum to 1.05, not to 1. Correct the shares in rows'
    )


def test_end_use_shares_may_miss_one_by_rounding(copy: Copy):
    for end_use in ("washing", "cooling", "domestic"):
        row = copy.row("end_use_shares", product="board", end_use=end_use)
        copy.set("end_use_shares", row, value="0.333", low="0.1", high="0.6")
    assert copy.problems() == []


def test_a_product_has_an_end_use(copy: Copy):
    copy.delete("end_use_shares", copy.row("end_use_shares", product="pulp"))
    told = 'product "pulp" (products.csv, row 3) has no end use. Add rows that sum to 1.'
    assert told in [problem.message for problem in copy.problems()]


def test_the_whole_site_is_no_end_use(copy: Copy):
    row = copy.set("end_use_shares", copy.row("end_use_shares", product="board", end_use="domestic"), end_use="site")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "end_use")
    assert "stands for the whole plant and takes no share" in problem.message


def test_provincial_output_sums_to_national_output(copy: Copy):
    row = copy.set("output", copy.row("output", product="board", province="south"), value="11000000")
    assert row == 4
    problem = only(copy)
    assert (problem.row, problem.column) == (2, "value")
    national = copy.row("product_values", product="board", variable="output")
    assert f"sum to 31000000, the national output is 30000000 (product_values.csv, row {national}): +1e+06" in str(
        problem
    )


@pytest.mark.parametrize(("south", "wrong"), [("333.4", []), ("334.4", ["sum to 10010000"])])
def test_provincial_output_may_miss_the_national_figure_by_the_rounding_of_its_last_digit(copy: Copy, south, wrong):
    header, *records = copy.records("output")
    kept = [record for record in records if record[0] != "plate"]
    for province, value in (("north", "333.3"), ("middle", "333.3"), ("south", south)):
        kept.append(["plate", province, value, "100", "900", "万t/a", "reported", "yearbook", ""])
    copy.write("output", [header, *kept])
    copy.set("product_values", copy.row("product_values", product="plate"), value="10000000", low="8e6")
    copy.add(
        "province_sector_values", "north", "steel", "intensity_factor", "1", "1", "1", "1", "assumed", "by_hand", ""
    )
    told = [problem.message for problem in copy.problems()]
    assert len(told) == len(wrong)
    assert all(words in message for words, message in zip(wrong, told, strict=True))


def test_a_product_is_made_somewhere(copy: Copy):
    copy.delete("output", copy.row("output", product="pulp"))
    assert (
        'product "pulp" (products.csv, row 3) is made nowhere. Add its rows, or take it out of products.csv'
        in only(copy).message
    )


def test_penetration_in_the_base_year_is_at_most_the_largest(copy: Copy):
    row = copy.row("applicability", technology="spray_rinse", variable="penetration_base")
    copy.set("applicability", row, value="0.9", high="0.9")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "value")
    assert "spray_rinse / board / washing: penetration_base 0.9 is above penetration_max 0.8 (row 5)" in problem.message


def test_the_members_of_an_exclusive_group_are_at_no_more_plants_than_there_are(copy: Copy):
    row = copy.row("applicability", technology="dry_cooling", product="board", variable="penetration_base")
    copy.set("applicability", row, value="0.8", high="0.8")
    copy.set("applicability", row + 1, value="0.8", high="0.8")
    problem = only(copy)
    assert problem.row == row
    assert 'exclusive group "cooling_system" at product "board", end use "cooling"' in problem.message
    assert "sums to 1.04 (hybrid_cooling 0.4 + dry_cooling 0.64). At most 1" in problem.message


def test_an_exclusive_group_has_one_level(copy: Copy):
    row = copy.set(
        "technologies", copy.row("technologies", technology="membrane_reuse"), exclusive_group="cooling_system"
    )
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "exclusive_group")
    assert "has members of the levels end_use, site" in problem.message


@pytest.mark.parametrize("table", ["sector_values", "product_values", "end_use_values", "technology_values"])
def test_a_label_has_every_variable_of_its_table(copy: Copy, table):
    label, variable = copy.records(table)[2][:2]
    copy.delete(table, 3)
    last = max((n for n, record in enumerate(copy.records(table), start=1) if record[0] == label), default=0)
    problem = only(copy)
    assert problem.file.endswith(f"{table}.csv")
    assert problem.row == last
    assert re.search(rf'"{label}" \(\w+.csv, row \d+\) has no {variable}. Missing never means zero', problem.message)


def test_a_price_is_there(copy: Copy):
    copy.delete("prices", copy.row("prices", variable="heat_price"))
    assert only(copy).message == "the study has no heat_price. Missing never means zero: add the row."


def test_a_label_without_any_row_is_one_problem(copy: Copy):
    copy.add("provinces", "west", "West", "", "", "", "", "", "", "")
    problem = only(copy)
    assert problem.file.endswith("province_values.csv")
    assert (
        'province "west" (provinces.csv, row 5) has no value_added, industrial_withdrawal, total_withdrawal'
        in problem.message
    )


@pytest.mark.parametrize("variable", ["saving_fraction", "applicable_share", "penetration_base", "penetration_max"])
def test_a_technology_at_an_end_use_has_all_four_variables(copy: Copy, variable):
    copy.delete("applicability", copy.row("applicability", technology="metering", product="pulp", variable=variable))
    first = copy.row("applicability", technology="metering", product="pulp")
    problem = only(copy)
    assert (problem.row, problem.column) == (first, "variable")
    assert f"metering / pulp / site has no {variable}. Missing never means zero: add the row." in problem.message


def test_a_joint_product_has_a_running_cost_charged_to_water(copy: Copy):
    copy.delete("technology_values", copy.row("technology_values", variable="running_cost_water_share"))
    assert 'technology "drum_filter" is a joint product and has no running_cost_water_share' in only(copy).message


def test_only_a_joint_product_has_one(copy: Copy):
    numbers = ["1", "1", "1", "CNY/m3", "assumed", "by_hand", ""]
    row = copy.add("technology_values", "metering", "running_cost_water_share", *numbers)
    problem = only(copy)
    assert problem.row == row
    assert "Delete the row, or set joint_product to 1 in technologies.csv" in problem.message


def test_only_a_joint_product_shares_its_investment(copy: Copy):
    row = copy.row("technology_values", technology="metering", variable="water_share")
    copy.set("technology_values", row, value="0.5", low="0.5")
    problem = only(copy)
    assert problem.row == row
    assert "got 0.5 for a technology that is no joint product. Write 1, or set joint_product to 1" in problem.message


def move(copy: Copy, technology: str, product: str, end_use: str) -> int:
    """The first row of a technology's set, after the set was moved to another end use."""
    first = copy.row("applicability", technology=technology, product=product)
    for row in range(first, first + 4):
        copy.set("applicability", row, end_use=end_use)
    return first


def test_an_end_use_technology_stands_at_an_end_use_of_the_product(copy: Copy):
    row = move(copy, "drum_filter", "pulp", "cooling")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "end_use")
    assert "the product has no such end use in end_use_shares.csv. It has: washing." in problem.message


def test_an_end_use_technology_does_not_stand_at_the_whole_site(copy: Copy):
    row = move(copy, "drum_filter", "pulp", "site")
    assert only(copy).row == row
    assert 'its level is end_use, so it needs an end use of the product, not "site"' in only(copy).message


def test_a_site_technology_stands_at_the_whole_site(copy: Copy):
    row = move(copy, "metering", "pulp", "washing")
    assert only(copy).row == row
    assert 'metering / pulp / washing: its level is site, so end_use must be "site"' in only(copy).message


def test_a_sector_has_an_intensity_factor_wherever_it_makes_something(copy: Copy):
    copy.delete("province_sector_values", copy.row("province_sector_values", province="south", sector="steel"))
    problem = only(copy)
    assert problem.row == copy.row("province_sector_values", province="south", sector="paper")
    assert 'sector "steel" has output in province "south" but no intensity_factor. Missing never' in problem.message


def test_only_supply_technologies_have_a_potential(copy: Copy):
    row = copy.set("supply_potential", 2, technology="metering")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "technology")
    assert "has level site; only supply technologies have a potential" in problem.message


def test_a_technology_is_in_one_pool(copy: Copy):
    row = copy.set("supply_potential", 3, pool="mine")
    problem = only(copy)
    assert (problem.row, problem.column) == (row, "pool")
    assert 'is in pool "municipal" above and in "mine" here. Give it one pool.' in problem.message


def test_no_end_use_has_more_technologies_than_can_be_combined(copy: Copy):
    for number in range(12):
        technology = f"filter_{number}"
        copy.add("technologies", technology, "Filter", "", "end_use", "efficiency", "", "0", "0", "", "")
        for record in copy.records("technology_values"):
            if record[0] == "metering":
                copy.add("technology_values", technology, *record[1:])
        for record in copy.records("applicability"):
            if record[0] == "drum_filter":
                copy.add("applicability", technology, *record[1:])
    assert '13 technologies at product "pulp", end use "washing"; at most 12.' in only(copy).message


def test_a_missing_table_is_one_problem_with_the_nearest_file(copy: Copy):
    shutil.move(copy.folder / "sectors.csv", copy.folder / "sector.csv")
    problem = only(copy)
    assert problem.file.endswith("sectors.csv")
    assert problem.message.startswith("no such file in the study's folder. Did you mean \"sector")


@pytest.mark.parametrize(
    "table", ["sectors", "products", "provinces", "end_uses", "technologies", "sources", "applicability", "norms"]
)
def test_a_missing_table_makes_no_follow_up_problems(copy: Copy, table):
    (copy.folder / f"{table}.csv").unlink()
    row = copy.set("prices", 2, basis="guess")
    told = [(problem.file.rsplit("/", 1)[1], problem.row) for problem in copy.problems()]
    assert sorted(told) == sorted([("prices.csv", row), (f"{table}.csv", 0)])


def test_an_empty_catalogue_is_one_problem(copy: Copy):
    copy.write("technologies", copy.records("technologies")[:1])
    assert only(copy).message == "no rows. A study needs at least one technology."


def test_a_misspelt_label_of_a_catalogue_makes_few_follow_up_problems(copy: Copy):
    copy.set("sectors", 2, sector="papr")
    problems = copy.problems()
    assert all('"paper" is not a sector. Did you mean "papr"' in problem.message for problem in problems)
    assert {problem.file.rsplit("/", 1)[1] for problem in problems} == {
        "products.csv",
        "sector_values.csv",
        "province_sector_values.csv",
        "targets.csv",
    }


def test_labels_that_would_fill_the_memory_are_refused(copy: Copy, monkeypatch):
    monkeypatch.setattr(reading, "CELLS_MAX", 100)
    with pytest.raises(
        DataError, match=r"more than 100 combinations \(2 sectors, 3 products, .* Leave out what is not"
    ):
        reading.read_folder(copy.folder)


def test_something_is_made_somewhere(copy: Copy):
    for table in ("output", "product_values"):
        header, *records = copy.records(table)
        for record in records:
            if table == "output" or record[header.index("variable")] == "output":
                record[header.index("value")] = record[header.index("low")] = "0"
        copy.write(table, [header, *records])
    assert "output is 0 in every row" in only(copy).message
