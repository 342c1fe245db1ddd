"""One spoilt cell makes one problem, with file, row, column, what was got, what is allowed and the nearest name."""

import re

import pytest
from spoiling import Copy

from waterplan.base.errors import DataError

CELLS = [  # table, the first row where this stands, column, what is written there, what the message says
    ("applicability", {"technology": "metering"}, "technology", "meterin",
     '"meterin" is not a technology. Did you mean "metering"? The list is technologies.csv.'),
    ("applicability", {"technology": "metering"}, "product", "=board",
     '"=board" is not a product. Did you mean "board"'),
    ("end_use_shares", {"product": "pulp"}, "end_use", "wash", '"wash" is not an end_use. Did you mean "washing"'),
    ("output", {"product": "pulp"}, "province", "nord", 'Did you mean "north"? The list is provinces.csv'),
    ("products", {"product": "pulp"}, "sector", "papper", 'Did you mean "paper"? The list is sectors.csv'),
    ("applicability", {"technology": "metering"}, "variable", "saving_fration",
     'is not a variable of applicability.csv. Did you mean "saving_fraction"'),
    ("prices", {"variable": "heat_price"}, "value", "cheap", '"cheap" is not a number. Write digits with a'),
    ("prices", {"variable": "heat_price"}, "value", "0,05", "Did you mean 0.05?"),
    ("prices", {"variable": "heat_price"}, "value", "nan", '"nan" is not a number'),
    ("prices", {"variable": "heat_price"}, "high", "inf", '"inf" is not a number'),
    ("prices", {"variable": "heat_price"}, "high", "1e999", '"1e999" is not a number'),
    ("prices", {"variable": "heat_price"}, "value", "٠.٠٥", "is not a number"),
    ("prices", {"variable": "heat_price"}, "low", "5%", "The percent sign belongs into unit"),
    ("prices", {"variable": "heat_price"}, "value", "", "Missing never means zero: write a number"),
    ("prices", {"variable": "heat_price"}, "unit", "", 'Write the unit; "1" is the unit of shares'),
    ("prices", {"variable": "heat_price"}, "unit", "CNY/m3",
     '"CNY/m3" cannot be brought to CNY/MJ. Write CNY/MJ or 元/GJ'),
    ("output", {"product": "pulp"}, "unit", "m3/a", '"m3/a" cannot be brought to t/a. Write t/a or 万t/a'),
    ("prices", {"variable": "heat_price"}, "basis", "guessed",
     '"guessed" is not allowed. Allowed: measured, reported, estimated, assumed.'),
    ("prices", {"variable": "heat_price"}, "basis", "", "empty. Allowed: measured, reported, estimated, assumed."),
    ("prices", {"variable": "heat_price"}, "source", "yearbok", '"yearbok" is not a source. Did you mean "yearbook"'),
    ("prices", {"variable": "heat_price"}, "source", "",
     'Give a key of sources.csv; if it is your estimate, add a source that says how, and set basis to "assumed".'),
    ("prices", {"variable": "heat_price"}, "note", "x" * 5000, "5000 characters; at most 4000 are read"),
    ("prices", {"variable": "heat_price"}, "value", "0.07", "got 0.07, outside its own low..high 0.04..0.06"),
    ("prices", {"variable": "heat_price"}, "low", "0.07", "low 0.07 is above high 0.06. Exchange them"),
    ("prices", {"variable": "heat_price"}, "high", "11", "got 11 CNY/MJ. Allowed: 0 to 10 CNY/MJ."),
    ("technology_values", {"variable": "lifetime"}, "low", "0", "got 0 a. Allowed: 1 to 100 a."),
    ("product_values", {"variable": "output_growth"}, "high", "90", "got 90 1/a. Allowed: -0.5 to 0.5 1/a."),
    ("output", {"product": "plate"}, "high", "1e8", "got 1e+12 t/a (1e8 万t in the file). Allowed: 0 to 1e+11 t/a."),
    ("technologies", {"technology": "metering"}, "level", "plant", "Allowed: end_use, site, supply."),
    ("technologies", {"technology": "metering"}, "joint_product", "no", 'got "no". Write 1 for yes, 0 for no.'),
    ("technologies", {"technology": "metering"}, "exclusive_group", "a b", "is not a name. Use letters, digits"),
    ("supply_potential", {"province": "north"}, "pool", "", "Every row needs its pool"),
    ("provinces", {"province": "north"}, "tile_col", "1.5", "Write a whole number from 0 to 1000"),
    ("sources", {"source": "yearbook"}, "year", "MMXVI", "Write a whole number from 1900 to 2200"),
    ("sources", {"source": "yearbook"}, "verified", "maybe", "Allowed: yes, no."),
    ("norms", {"grade": "limit"}, "grade", "limits", 'Did you mean "limit"? Allowed: leading, advanced'),
    ("norms", {"grade": "limit"}, "unit", "m3/m3", "cannot be brought to m3/t. Write m3/t"),
    ("norms", {"grade": "limit"}, "value", "-1", "got -1 m3/t. Allowed: 0 to"),
    ("enterprises", {"product": "plate"}, "reuse_rate", "95", "got 95. Allowed: 0 to 1."),
    ("enterprises", {"product": "plate"}, "product", "plates", 'Did you mean "plate"'),
    ("targets", {"kind": "target"}, "kind", "goal", "Allowed: target, outcome."),
    ("targets", {"kind": "target"}, "value", "90", "outside its own low..high"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "where", "column", "text", "message"), CELLS, ids=lambda part: part if isinstance(part, str) else ""
)
def test_one_spoilt_cell_is_one_problem_that_says_where_what_and_what_is_allowed(
    copy: Copy, table, where, column, text, message
):
    row = copy.set(table, copy.row(table, **where), **{column: text})
    problems = copy.problems()
    assert [(p.file, p.row, p.column) for p in problems] == [((copy.folder / f"{table}.csv").as_posix(), row, column)]
    assert message in problems[0].message


def test_a_name_of_a_catalogue_is_a_name(copy: Copy):
    row = copy.add("provinces", "=cmd|x", "Formula", "", "", "", "", "", "", "")
    with pytest.raises(DataError, match=rf'row {row}, province: "=cmd|x" is not a name. Use letters, digits'):
        copy.read()


def test_text_that_begins_like_a_formula_is_text(tiny, copy: Copy):
    copy.set("prices", 2, note="=1+1")
    copy.set("technologies", 2, name_en="@SUM(A1)", description="-2+3")
    study = copy.read()
    assert study.rows.loc[study.rows["name"] == "heat_price", "note"].item() == "=1+1"
    assert study.technologies["name_en"].iloc[0] == "@SUM(A1)"


def test_a_thousands_comma_is_pointed_out(copy: Copy):
    row = copy.set("output", copy.row("output", product="pulp"), value="5,000,000")
    with pytest.raises(DataError, match=rf'row {row}, value: "5,000,000" is not a number. Did you mean 5000000\?'):
        copy.read()


@pytest.mark.parametrize(
    ("table", "where", "keys"),
    [
        ("applicability", {"technology": "metering"}, "technology, product, end_use, variable"),
        ("output", {"product": "pulp"}, "product, province"),
        ("prices", {"variable": "heat_price"}, "variable"),
        ("technologies", {"technology": "metering"}, "technology"),
        ("sources", {"source": "yearbook"}, "source"),
        ("norms", {"grade": "limit"}, "norm, product, grade, variant"),
        ("targets", {"kind": "target"}, "target"),
    ],
)
def test_a_row_that_stands_twice_is_reported_with_the_first_one(copy: Copy, table, where, keys):
    first = copy.row(table, **where)
    second = copy.add(table, *copy.records(table)[first - 1])
    problems = copy.problems()
    assert [problem.row for problem in problems] == [second]
    assert f"the same {keys} as in row {first}" in problems[0].message
    assert problems[0].message.endswith("Leave one.")


def test_the_same_fault_in_many_rows_is_told_five_times_and_counted(copy: Copy):
    records = copy.records("applicability")
    basis = records[0].index("basis")
    copy.write("applicability", [records[0], *([*r[:basis], "guess", *r[basis + 1 :]] for r in records[1:])])
    problems = copy.problems()
    assert [problem.row for problem in problems] == [2, 3, 4, 5, 6]
    assert problems[-1].message.endswith(f"The same in {len(records) - 6} more rows.")


def test_a_hundred_different_faults_of_a_column_are_enough(copy: Copy):
    records = copy.records("applicability")
    source = records[0].index("source")
    many = [[*r[:source], f"unknown {n}", *r[source + 1 :]] for n, r in enumerate(records[1:] * 3)]
    copy.write("applicability", [records[0], *many])
    told = [problem for problem in copy.problems() if problem.column == "source"]
    assert len(told) == 101
    assert any(problem.message.startswith("more than a hundred different faults") for problem in told)


def test_a_missing_column_is_named_with_the_nearest_one_and_the_rest_is_still_checked(copy: Copy):
    copy.replace("prices.csv", "variable,value,low,high,unit", "variable,value,low,high,units")
    row = copy.set("prices", 3, basis="guess")
    problems = {(problem.row, problem.column): problem.message for problem in copy.problems()}
    assert set(problems) == {(1, "unit"), (row, "basis")}
    assert 'the column is missing. Did you mean "units"? Columns: variable,value,low,high,unit' in problems[1, "unit"]


def test_a_missing_key_column_makes_no_follow_up_problem(copy: Copy):
    copy.replace("applicability.csv", "technology,product,end_use", "tecnology,product,end_use")
    (problem,) = copy.problems()
    assert (problem.row, problem.column) == (1, "technology")
    assert 'Did you mean "tecnology"' in problem.message


def test_columns_in_another_order_and_columns_of_ones_own_are_read(tiny, copy: Copy):
    copy.write("prices", [[*record[::-1], "mine"] for record in copy.records("prices")])
    assert copy.read().digest == tiny.digest


def test_a_column_that_stands_twice_is_refused(copy: Copy):
    copy.write("prices", [[*record, record[1]] for record in copy.records("prices")])
    with pytest.raises(DataError, match=r'2 columns are called "value"\. Leave one'):
        copy.read()


def test_a_record_with_too_few_or_too_many_cells_is_named(copy: Copy):
    records = copy.records("output")
    records[2] = records[2][:-2]
    records[4] = [*records[4], "more", "still more"]
    copy.write("output", records)
    problems = copy.problems()
    assert [problem.row for problem in problems] == [3, 5]
    assert "7 cells, but the header has 9. Text with a comma stands in quotation marks" in problems[0].message
    assert "11 cells" in problems[1].message


def test_rows_are_counted_as_an_editor_counts_lines(copy: Copy):
    copy.set("prices", 2, note="a note\nof three\nlines")
    row = copy.set("prices", 3, value="many")
    records = copy.records("prices")
    copy.write("prices", [*records[:2], [], [""] * len(records[0]), *records[2:]])
    (problem,) = copy.problems()
    assert problem.row == row + 2 + 2
    lines = (copy.folder / "prices.csv").read_text(encoding="utf-8").splitlines()
    assert re.search("many", lines[problem.row - 1])


def test_separators_other_than_commas_are_recognised(copy: Copy):
    text = (copy.folder / "prices.csv").read_text(encoding="utf-8")
    for mark, name in ((";", '";"'), ("\t", "tabs"), ("，", "full-width commas")):
        (copy.folder / "prices.csv").write_text(text.replace(",", mark), encoding="utf-8")
        with pytest.raises(DataError, match=f"the columns are separated by {name}. Save it with commas"):
            copy.read()


def test_an_open_quotation_mark_is_found(copy: Copy):
    copy.replace("prices.csv", "\nheat_emission_factor", '\n"heat_emission_factor')
    with pytest.raises(DataError, match=r'row 3: quotation marks do not match. Write a quotation mark .* twice: ""'):
        copy.read()
