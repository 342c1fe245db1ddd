"""A study's bundle: read instead of the tables when it is whole and theirs, made again when it is not, never needed."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from places import ROOT, TINY

from waterplan.base.errors import CertificateError
from waterplan.planning.certificate import certify
from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import FRAMES, Study
from waterplan.study.tables import bundle_files
from waterplan.study.tables.bundle import ROWS, is_sound, numbers_of, pack, read_bundle, write_bundle
from waterplan.study.tables.bundle_files import bundle_name, read_tables, ship, table_files
from waterplan.study.tables.folder import read_folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of its own."""
    folder = tmp_path / "cache of 水"
    monkeypatch.setattr(bundle_files, "kept_in", lambda: folder)
    return folder


def refuse(*_):
    raise AssertionError("the tables were read again")


def test_the_second_reading_is_of_the_bundle_and_says_the_same(cache, monkeypatch):
    first = Study.read(TINY)
    monkeypatch.setattr(bundle_files, "read_folder", refuse)
    second = Study.read(TINY)
    assert first.digest == second.digest
    for name in (ROWS, *FRAMES):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))
    for name in ("values", "low", "high"):
        assert getattr(first, name).identical(getattr(second, name))
    assert (first.title, first.base_year, first.lever_defaults) == (
        second.title,
        second.base_year,
        second.lever_defaults,
    )


def test_frames_and_plain_arrays_say_the_same(tiny):
    framed = replace(tiny, rows=tiny.rows)  # made of its frames alone
    assert framed.bundle is None
    assert framed.digest == tiny.digest
    assert (framed.labels, framed.pools) == (tiny.labels, tiny.pools)
    for part in ("value", "low", "high"):
        for name, numbers in tiny.numbers[part].items():
            np.testing.assert_array_equal(framed.numbers[part][name], numbers)
    assert framed.column("technologies", "level").tolist() == tiny.column("technologies", "level").tolist()


def test_numbers_stand_where_the_rows_say(tiny):
    """Row by row, without arithmetic on arrays."""
    rows = {name: tiny.column(ROWS, name) for name in ("name", *tiny.labels, "value", "low", "high")}
    numbers = numbers_of(tiny.labels, rows)["value"]
    seen = dict.fromkeys(numbers, 0)
    for row in tiny.rows.itertuples():
        place = tuple(tiny.labels[dim].index(getattr(row, dim)) for dim in tiny.values[row.name].dims)
        assert numbers[row.name][place] == row.value
        seen[row.name] += 1
    assert {name: int((~np.isnan(array)).sum()) for name, array in numbers.items()} == seen


SPOILT = {
    "cut short": lambda content: content[:-1],
    "empty": lambda content: b"",
    "a byte changed": lambda content: content[:-40] + bytes([content[-40] ^ 1]) + content[-39:],
    "of another format": lambda content: b"waterplan study 0\n" + content[18:],
    "something else": lambda content: b"PK\x03\x04" * 100,
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_damaged_bundle_is_made_again(cache, case):
    Study.read(TINY)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    assert is_sound(whole)
    file.write_bytes(SPOILT[case](whole))
    assert not is_sound(file.read_bytes())
    assert Study.read(TINY).digest == Study.read(TINY).digest
    assert file.read_bytes() == whole


def test_tables_that_change_have_another_bundle(cache, copy):
    before = copy.read()
    copy.set("sectors", 2, name_en="Paper and board")
    after = copy.read()
    assert before.digest != after.digest
    assert len(list(cache.iterdir())) == 2


def test_code_that_changes_has_another_bundle(monkeypatch):
    files = table_files(TINY)
    before = bundle_name(files)
    monkeypatch.setattr(bundle_files, "_code", lambda: b"other")
    assert bundle_name(files) != before


def test_tables_that_change_while_they_are_read_leave_no_bundle(cache, copy, monkeypatch):
    def read(folder):
        found = read_folder(folder)
        copy.set("sectors", 2, name_en="Changed meanwhile")
        return found

    monkeypatch.setattr(bundle_files, "read_folder", read)
    assert not copy.read().files
    assert not cache.exists()


def test_only_the_newest_bundles_are_kept(cache, copy, monkeypatch):
    monkeypatch.setattr(bundle_files, "KEPT", 2)
    for n in range(4):
        copy.set("sectors", 2, name_en=f"Name {n}")
        copy.read()
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("place", [None, "file"])
def test_where_nothing_can_be_written_the_tables_are_read_every_time(tmp_path, monkeypatch, place):
    folder = None
    if place:
        (tmp_path / "no folder").write_text("")
        folder = tmp_path / "no folder" / "studies"
    monkeypatch.setattr(bundle_files, "kept_in", lambda: folder)
    assert Study.read(TINY).digest == Study.read(TINY).digest


def test_without_a_home_nothing_is_written_into_the_present_folder(tmp_path):
    """A user whom the system does not know has no home; a path that begins with a tilde is not one."""
    code = (
        "import pwd, os; pwd.getpwuid = lambda n: (_ for _ in ()).throw(KeyError(n))\n"
        f"from waterplan.study.study import Study; print(Study.read({str(TINY)!r}).digest)"
    )
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_processes_that_read_at_once_agree(tmp_path):
    study = tmp_path / "a study 研究"
    shutil.copytree(TINY, study)
    code = f"from waterplan.study.study import Study; print(Study.read({str(study)!r}).digest)"
    place = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=place, stdout=subprocess.PIPE) for _ in range(6)]
    assert {process.communicate()[0] for process in running} == {f"{Study.read(TINY).digest}\n".encode()}
    (file,) = (tmp_path / "cache" / "waterplan" / "studies").iterdir()
    assert is_sound(file.read_bytes())


def test_the_bundles_of_a_folder_of_studies_are_those_that_reading_looks_for(tmp_path, cache, monkeypatch):
    shutil.copytree(TINY, tmp_path / "data" / "tiny")
    (made,) = ship(tmp_path / "data", tmp_path / "bundles")
    assert made.name == bundle_name(table_files(TINY))
    monkeypatch.setattr(bundle_files, "SHIPPED", tmp_path / "bundles")
    monkeypatch.setattr(bundle_files, "read_folder", refuse)
    assert read_tables(TINY)[0].digest == Study.read(TINY).digest
    assert not cache.exists()


def with_a_figure_changed(content, name, factor):
    """A bundle whose first figure of an input is another, with its digest made right."""
    bundle = read_bundle(content)
    tables = {table: {one: bundle.column(table, one) for one in bundle.names(table)} for table in (*FRAMES, ROWS)}
    at = np.flatnonzero(tables[ROWS]["name"] == name)[0]
    tables[ROWS]["value"] = tables[ROWS]["value"].copy()
    tables[ROWS]["value"][at] *= factor
    return write_bundle(bundle.settings, bundle.digest, tables)


@pytest.mark.parametrize("name", ["intensity", "investment_per_m3", "saving_fraction", "output", "lifetime"])
def test_a_plan_from_a_bundle_with_another_figure_is_not_certified(cache, name):
    """The bundle is whole and its digest right; only the tables say otherwise."""
    honest = pack(*read_folder(TINY))
    file = cache / bundle_name(table_files(TINY))
    cache.mkdir()
    for factor, is_right in ((1.0, True), (1.001, False)):
        file.write_bytes(with_a_figure_changed(honest, name, factor))
        study = Study.read(TINY)
        assert study.digest == read_bundle(honest).digest
        scenario = Scenario(levers={"saving_target": 150})
        plan = Plan.of(Planner(study).solve(scenario))
        if is_right:
            assert certify(plan.statement, study, scenario).ok
        else:
            with pytest.raises(CertificateError):
                certify(plan.statement, study, scenario)


def test_a_plan_from_a_bundle_with_another_default_of_a_lever_is_not_certified(cache):
    honest = read_bundle(pack(*read_folder(TINY)))
    tables = {table: {one: honest.column(table, one) for one in honest.names(table)} for table in (*FRAMES, ROWS)}
    other = honest.settings | {"levers": honest.settings["levers"] | {"saving_target": 50}}
    cache.mkdir()
    (cache / bundle_name(table_files(TINY))).write_bytes(write_bundle(other, honest.digest, tables))
    study = Study.read(TINY)
    plan = Plan.of(Planner(study).solve(Scenario()))
    with pytest.raises(CertificateError, match="saving_meets_target"):
        certify(plan.statement, study, Scenario())
