"""Variants of norms are called and read in either language; one without a Chinese name stays as the study writes it."""

import csv
import io

import pytest
from chinese import assert_chinese
from spoilt_files import HEAD, ROW
from standing_plants import records_of

from waterplan import benchmark, read_records, write_benchmark
from waterplan.base.errors import DataError
from waterplan.base.messages import in_language
from waterplan.plants.norms.grades import grades
from waterplan.plants.records.records import Records

COAL = "ammonia_coal"


def named(variant):
    row = (*ROW[:7], COAL, 50, variant)
    return "\n".join([",".join([*HEAD, "variant"]), ",".join(map(str, row))]).encode()


def of_coal(variant):
    return records_of("Works", [(COAL, variant, 1e5, 9e5)], {"withdrawal_ground": 9e5})


def test_every_variant_of_the_shipped_norms_has_a_chinese_name(china):
    for variant in china.norms["variant"].unique():
        if variant:
            assert china.variant_name(variant) == variant
            assert_chinese(in_language(china.variant_name(variant), "zh"))


@pytest.mark.parametrize("written", ["bituminous", "以烟煤为原料", "烟煤", " 烟 煤 ", "Bituminous"])
def test_a_variant_is_read_by_any_of_its_names_and_what_became_of_it_is_reported(china, written):
    records = read_records(named(written), china)
    assert isinstance(records, Records)
    assert records.products["variant"].tolist() == ["bituminous"]
    told = [(one.row, one.written, one.became) for one in records.conversions if one.column == "variant"]
    assert told == ([] if written == "bituminous" else [(2, written.strip(), "bituminous")])


def test_one_that_is_none_is_told_with_those_that_are_in_the_language_of_the_reader(china):
    with pytest.raises(DataError) as caught:
        read_records(named("lignite"), china)
    (problem,) = caught.value.problems
    assert "Allowed: anthracite lump/briquette; bituminous." in problem.message or (
        "Allowed: bituminous; anthracite lump/briquette." in problem.message
    )
    assert "以烟煤为原料" in problem.message.text("zh")
    assert "以无烟块煤或型煤为原料" in problem.message.text("zh")
    with pytest.raises(DataError) as caught:
        read_records(named("烟煤").replace(COAL.encode(), b"coking"), china)
    assert "Allowed: none, leave it empty." in str(caught.value)


def test_remarks_call_them_by_their_names(china):
    (remark,) = grades(of_coal(""), china).remarks("Works", 2017)
    assert "bituminous" in remark
    assert "请在“定额分类”列注明其一" in remark.text("zh")
    assert "以烟煤为原料" in remark.text("zh")


def test_tables_of_plants_call_them_by_their_names_in_chinese_and_keep_the_words_of_the_study_in_english(
    china, tmp_path
):
    answer = benchmark(of_coal("bituminous"), china)
    assert answer["variant"].values.tolist() == ["bituminous"]
    for language, name in (("en", "bituminous"), ("zh", "以烟煤为原料")):
        write_benchmark(answer, tmp_path / "a.csv", language)
        rows = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig"))))
        assert name in rows[1]


def test_a_variant_without_a_chinese_name_is_called_as_the_study_writes_it(tiny):
    assert "hot" in set(tiny.norms["variant"])
    for variant in ("hot", "of no norm"):
        assert in_language(tiny.variant_name(variant), "zh") == tiny.variant_name(variant) == variant
