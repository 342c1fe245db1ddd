"""A copy of the shipped study, spoilt in ten places at once, reports all ten, and nothing else."""

import time

from spoiling import Copy

from waterplan.study.study import Study, shipped


def test_a_copy_spoilt_in_ten_places_reports_all_ten_with_file_and_row(copy_of_china: Copy):
    copy = copy_of_china
    copy.delete("technology_values", copy.row("technology_values", technology="mvr_evaporation", variable="lifetime"))
    copy.delete("province_sector_values", copy.row("province_sector_values", province="anhui", sector="steel"))
    share = copy.row("end_use_shares", product="steel_bf_bof")
    heat = copy.row("technology_values", technology="mvr_evaporation", variable="heat")
    base = copy.row("applicability", technology="high_cycle_cooling_treatment", variable="penetration_base")
    beer = copy.row("applicability", technology="cip_optimisation", product="beer", variable="penetration_max")
    food = copy.row("province_sector_values", province="anhui", sector="food")
    sown = {
        ("end_use_shares.csv", copy.set("end_use_shares", share, value="0.5"), "sum to 1.087, not to 1"),
        ("technology_values.csv", heat, 'technology "mvr_evaporation" (technologies.csv, row 78) has no lifetime'),
        ("applicability.csv", copy.set("applicability", base, value="0.99", high="0.99"), "is above penetration_max"),
        ("applicability.csv", copy.set("applicability", beer, technology="cip_optimization"), '"cip_optimisation"'),
        ("province_sector_values.csv", food, 'sector "steel" has output in province "anhui"'),
        ("prices.csv", copy.set("prices", 3, value="a lot"), '"a lot" is not a number'),
        ("product_values.csv", copy.set("product_values", 3, unit="m3/kt/a"), "Write m3/t"),
        ("province_values.csv", copy.set("province_values", 20, source="yearbook"), '"yearbook" is not a source'),
        ("sector_values.csv", copy.set("sector_values", 2, basis="guessed"), "measured, reported, estimated, assumed"),
        ("output.csv", copy.add("output", *copy.records("output")[99]), "as in row 100"),
    }
    told = copy.problems()
    assert len(told) == len(sown) == 10
    for file, row, message in sown:
        (found,) = [problem for problem in told if problem.file.endswith(f"/{file}") and problem.row == row]
        assert message in found.message


def test_the_shipped_study_is_read_and_checked_within_a_second_and_a_half():
    begin = time.perf_counter()
    Study.read(shipped())
    assert time.perf_counter() - begin < 1.5
