"""Plans as files: nothing is lost, nothing is run, and what is refused is refused in words."""

import stat
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from damaging import KINDS as DAMAGE

from waterplan.base.errors import DataError, OutputError
from waterplan.base.vocabulary import terms
from waterplan.base.whole_files import write_whole
from waterplan.planning.plan.files import netcdf, open_dataset, save_dataset
from waterplan.planning.plan.files.trailer import DIGEST, LENGTH, with_digest
from waterplan.planning.plan.plan import Plan
from waterplan.planning.plan.stage_variables import OF_STAGES
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study

HOSTILE = '=HYPERLINK("http://example.org","pay")'
KINDS = ("decision", "ledger", "result", "dual")


@pytest.fixture(scope="module")
def packed(dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "plan.nc"
    save_dataset(dataset, path)
    return path.read_bytes()


@pytest.fixture
def saved(packed, tmp_path):
    path = tmp_path / "plan.nc"
    path.write_bytes(packed)
    return path


class TestNetcdf:
    def test_a_plan_saved_and_opened_is_the_same_plan(self, dataset, saved, tiny):
        opened = open_dataset(saved, tiny)
        xr.testing.assert_identical(opened, dataset)
        assert opened.attrs == dataset.attrs
        assert {name: type(value) for name, value in opened.attrs.items()} == {
            name: type(value) for name, value in dataset.attrs.items()
        }
        assert {name: v.dtype.kind for name, v in opened.variables.items()} == {
            name: v.dtype.kind for name, v in dataset.variables.items()
        }

    def test_every_number_comes_back_to_the_last_bit_and_missing_ones_stay_missing(self, dataset, tiny, tmp_path):
        odd = dataset.copy(deep=True)
        odd["capacity"].values[0, 0, :3] = [0.1 + 0.2, -0.0, 5e-324]
        assert np.isnan(odd["planned_withdrawal"].values).any()
        save_dataset(odd, tmp_path / "odd.nc")
        opened = open_dataset(tmp_path / "odd.nc", tiny)
        for name, array in odd.data_vars.items():
            if array.dtype.kind == "f":
                assert opened[name].values.tobytes() == array.values.tobytes()

    def test_a_plan_that_does_nothing_has_no_steps_and_is_saved_all_the_same(self, planner, tiny, tmp_path):
        idle = Plan.of(planner.solve(Scenario(levers={"saving_target": 0}, exclude=tuple(tiny.technologies.index))))
        assert idle.dataset.sizes["step"] == 0
        idle.save(tmp_path / "idle.nc")
        xr.testing.assert_identical(open_dataset(tmp_path / "idle.nc", tiny), idle.dataset)

    def test_the_scenario_comes_back_with_the_plan(self, plan, saved, tiny):
        assert Plan.open(saved, tiny).scenario == plan.scenario

    def test_the_file_is_packed(self, saved, dataset):
        with h5py.File(saved) as store:
            packed = {name for name, item in store.items() if item.compression == "gzip"}
        assert packed >= {name for name, array in dataset.variables.items() if array.dims}

    def test_texts_of_any_content_and_length_are_only_texts(self, dataset, tiny, tmp_path):
        hostile = {"title": f"{HOSTILE}\n\x1b[31m' OR 1=1 --", "solver": "", "versions": "水" * 100_000}
        save_dataset(dataset.assign_attrs(hostile), tmp_path / "hostile.nc")
        opened = open_dataset(tmp_path / "hostile.nc", tiny)
        assert {name: opened.attrs[name] for name in hostile} == hostile

    @pytest.mark.parametrize("value", ["a\0b", "\ud800", None, [1, 2], b"bytes", True])
    def test_an_attribute_that_netcdf_cannot_keep_is_refused_by_name(self, dataset, tmp_path, value):
        with pytest.raises(DataError, match="title: an attribute must be text without NUL, or a number"):
            save_dataset(dataset.assign_attrs(title=value), tmp_path / "plan.nc")
        assert list(tmp_path.iterdir()) == []

    def test_the_plan_in_memory_is_not_changed_by_saving(self, dataset, tmp_path):
        before = dataset.copy(deep=True)
        save_dataset(dataset, tmp_path / "plan.nc")
        xr.testing.assert_identical(dataset, before)

    def test_every_variable_of_the_data_dictionary_is_in_a_plan(self, dataset):
        told, known = set(dataset.data_vars), {name for name, term in terms().items() if term.kind in KINDS}
        assert told <= known
        assert known - told <= set(OF_STAGES)  # of other baselines, and of studies that tell more


class TestWriting:
    def test_a_file_that_stood_there_is_replaced_whole_and_nothing_else_is_left(self, dataset, tmp_path, tiny):
        path = tmp_path / "plan.nc"
        path.write_text("old")
        save_dataset(dataset, path)
        xr.testing.assert_identical(open_dataset(path, tiny), dataset)
        assert [found.name for found in tmp_path.iterdir()] == ["plan.nc"]

    def test_a_file_has_the_usual_rights(self, tmp_path):
        write_whole(tmp_path / "whole", b"content")
        (tmp_path / "usual").touch()
        rights = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("whole", "usual")}
        assert len(rights) == 1

    def test_where_writing_fails_the_old_file_stays_and_no_part_is_left(self, dataset, tmp_path, monkeypatch):
        path = tmp_path / "plan.nc"
        path.write_text("old")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("waterplan.base.whole_files.os.replace", full)
        with pytest.raises(OutputError, match=r"the disk is full \(No space left .*unharmed"):
            save_dataset(dataset, path)
        assert path.read_text() == "old"
        assert [found.name for found in tmp_path.iterdir()] == ["plan.nc"]

    @pytest.mark.parametrize("save", ["save", "to_excel"])
    def test_a_path_in_no_folder_is_refused(self, plan, tmp_path, save):
        with pytest.raises(OutputError, match=r'there is no folder ".*nowhere". Make it first'):
            getattr(plan, save)(tmp_path / "nowhere" / "plan.nc")

    @pytest.mark.parametrize("save", ["save", "to_excel"])
    def test_a_folder_is_not_a_file(self, plan, tmp_path, save):
        with pytest.raises(OutputError, match=r"this is a folder. Give the name of a file in it"):
            getattr(plan, save)(tmp_path)

    def test_a_file_is_not_a_folder(self, plan, saved):
        with pytest.raises(OutputError, match="this is a file, and a folder is needed"):
            plan.to_csv(saved)

    def test_a_folder_that_lets_nobody_write_is_named(self, plan):
        with pytest.raises(OutputError, match=r"/proc/plan.nc: 1 problem\n.*cannot be written here"):
            plan.save("/proc/plan.nc")


def spoil(path: Path, how) -> None:
    """Changes a plan as somebody would who knows how its digest is made."""
    with h5py.File(path, "r+") as store:
        how(store)
    path.write_bytes(with_digest(path.read_bytes()))


class TestOpening:
    def test_a_missing_file_a_folder_and_a_text_are_no_plans(self, tiny, tmp_path):
        with pytest.raises(DataError, match=r"there is no such file. Give a plan that was saved"):
            open_dataset(tmp_path / "none.nc", tiny)
        with pytest.raises(DataError, match="this is a folder"):
            open_dataset(tmp_path, tiny)
        for content in (b"", b"product,province\n", b"CDF\x01" + bytes(100), b"\x80\x04\x95cos\nsystem\n"):
            (tmp_path / "text.nc").write_bytes(content)
            with pytest.raises(DataError, match="not a NetCDF-4 file, so not a plan"):
                open_dataset(tmp_path / "text.nc", tiny)

    def test_netcdf_of_something_else_is_no_plan(self, tiny, tmp_path):
        xr.Dataset({"rain": ("day", [1.0, 2.0])}).to_netcdf(tmp_path / "rain.nc", engine="h5netcdf")
        with pytest.raises(DataError, match="a NetCDF file, but not a plan of waterplan"):
            open_dataset(tmp_path / "rain.nc", tiny)

    def test_a_form_of_the_future_asks_for_a_newer_waterplan(self, saved, tiny):
        spoil(saved, lambda store: store.attrs.__setitem__("format", "waterplan plan 2"))
        with pytest.raises(DataError, match='"waterplan plan 2" is not known here; this waterplan reads "waterplan pl'):
            open_dataset(saved, tiny)

    def test_variables_that_are_missing_are_named_all_at_once(self, dataset, tiny, tmp_path):
        save_dataset(dataset.drop_vars(["capacity", "shadow_price", "technology_level"]), tmp_path / "plan.nc")
        with pytest.raises(DataError, match="the plan lacks capacity, shadow_price, technology_level"):
            open_dataset(tmp_path / "plan.nc", tiny)

    def test_attributes_that_are_missing_are_named(self, dataset, tiny, tmp_path):
        less = dataset.copy()
        del less.attrs["scenario"], less.attrs["study_digest"]
        less.attrs["base_year"] = "soon"
        save_dataset(less, tmp_path / "plan.nc")
        with pytest.raises(DataError, match="the plan does not say its study_digest, scenario, base_year"):
            open_dataset(tmp_path / "plan.nc", tiny)

    def test_a_scenario_that_cannot_be_read_is_refused(self, saved, tiny):
        spoil(saved, lambda store: store.attrs.__setitem__("scenario", "title = = 1"))
        with pytest.raises(DataError, match="the scenario in the plan is not TOML"):
            open_dataset(saved, tiny)

    def test_what_does_not_fit_is_told_all_at_once(self, dataset, tiny, tmp_path):
        wrong = dataset.assign(
            capacity=dataset["capacity"].transpose("province", "technology", "product"),
            saving=xr.DataArray("many"),
            surprise=xr.DataArray(1.0),
        ).assign_coords(sector=["steel", "paper"])
        save_dataset(wrong, tmp_path / "plan.nc")
        with pytest.raises(DataError) as told:
            open_dataset(tmp_path / "plan.nc", tiny)
        assert {problem.column: problem.message for problem in told.value.problems} == {
            "capacity": "stands by province, technology, product, not by technology, product, province.",
            "saving": "holds <U4, not numbers.",
            "surprise": "not a name of the data dictionary.",
            "sector": "the labels are not those of the study.",
        }

    def test_a_plan_of_another_study_says_both_names_and_digests_and_how_to_open_it(self, saved, tiny, copy):
        other = replace(Study.read(copy.folder), name="elsewhere", base_year=2014)
        assert other.digest != tiny.digest
        with pytest.raises(DataError) as told:
            open_dataset(saved, other)
        for part in (
            "tiny_study",
            tiny.digest,
            "elsewhere",
            other.digest,
            "--study FOLDER",
            "Plan.open(path, open_study",
        ):
            assert part in str(told.value)

    def test_a_file_that_is_too_large_is_not_read(self, saved, tiny, monkeypatch):
        monkeypatch.setattr(netcdf, "FILE_BYTES_MAX", 1000)
        with pytest.raises(DataError, match="bytes; at most 1,000 are read"):
            open_dataset(saved, tiny)

    def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked(self, saved, tiny):
        spoil(saved, lambda store: store.create_dataset("bomb", (2**20, 2**20), "f8", chunks=(1024, 1024)))
        assert saved.stat().st_size < 2**20
        with pytest.raises(DataError, match=r"8388\d+ MiB unpacked; 1024 is the most for a plan"):
            open_dataset(saved, tiny)

    def test_nothing_outside_the_file_is_read(self, saved, tiny, tmp_path):
        secret = tmp_path / "secret"
        secret.write_bytes(bytes(80))

        def lead_out(store):
            for name in ("saving", "counted_saving", "annual_cost", "gains"):
                del store[name]
            store["saving"] = h5py.ExternalLink(str(secret), "/saving")
            store["annual_cost"] = h5py.SoftLink("/gross_cost")
            store.create_dataset("counted_saving", (10,), "f8", external=[(str(secret), 0, 80)])
            layout = h5py.VirtualLayout((10,), "f8")
            layout[:] = h5py.VirtualSource(str(secret), "x", (10,))
            store.create_virtual_dataset("gains", layout)

        spoil(saved, lead_out)
        with pytest.raises(DataError) as told:
            open_dataset(saved, tiny)
        assert {problem.column for problem in told.value.problems} == {
            "saving",
            "counted_saving",
            "annual_cost",
            "gains",
        }
        assert "a plan keeps all in itself" in str(told.value)

    def test_texts_of_unknown_length_groups_and_records_are_refused(self, saved, tiny):
        def add(store):
            store.create_dataset("free", data=["text"], dtype=h5py.string_dtype())
            store.create_dataset("record", (1,), np.dtype([("a", "f8")]))
            store.create_group("room")

        spoil(saved, add)
        with pytest.raises(
            DataError, match=r"free: neither numbers nor.*\n.*record: neither numbers.*\n.*room: a group"
        ):
            open_dataset(saved, tiny)

    def test_scales_dates_and_masks_written_into_a_file_change_no_number(self, saved, dataset, tiny):
        def add(store):
            store["capacity"].attrs["scale_factor"] = 1000.0
            store["capacity"].attrs["_FillValue"] = 0.0
            store["saving_path"].attrs["units"] = "days since 1970-01-01"

        spoil(saved, add)
        opened = open_dataset(saved, tiny)
        for name in ("capacity", "saving_path"):
            np.testing.assert_array_equal(opened[name].values, dataset[name].values)

    def test_a_damaged_file_is_refused_in_words_wherever_it_is_cut(self, saved, tiny):
        whole = saved.read_bytes()
        for share in (0.01, 0.2, 0.5, 0.9):
            saved.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(DataError, match="damaged, or changed by another program"):
                open_dataset(saved, tiny)

    @pytest.mark.parametrize(("kind", "count"), [("flipped", 200), ("truncated", 50), ("zeroed", 50)])
    def test_damage_anywhere_is_told_before_the_file_is_read(self, packed, tiny, tmp_path, kind, count):
        path, rng = tmp_path / "plan.nc", np.random.default_rng(20151120)
        for _ in range(count):
            path.write_bytes(DAMAGE[kind](packed, rng))
            if path.read_bytes() != packed:
                with pytest.raises(DataError, match=r"damaged, or changed by another program|not a NetCDF-4 file"):
                    open_dataset(path, tiny)

    def test_a_plan_that_was_saved_without_a_digest_opens_and_says_so(self, packed, dataset, tiny, tmp_path):
        path = tmp_path / "plan.nc"
        path.write_bytes(packed[:-LENGTH])
        with pytest.raises(DataError, match="damaged, or changed"):  # the digest was cut off
            open_dataset(path, tiny)
        with h5py.File(path, "r+") as store:
            del store.attrs["file_digest"]
        path.write_bytes(path.read_bytes().replace(DIGEST.encode(), bytes(len(DIGEST))))
        opened = open_dataset(path, tiny)
        assert opened.attrs.pop("file_digest") == "none"
        xr.testing.assert_identical(opened, dataset)

    def test_other_readers_of_netcdf_pass_over_the_digest(self, saved, dataset):
        with xr.open_dataset(saved, engine="h5netcdf") as opened:
            assert float(opened["annual_cost"]) == float(dataset["annual_cost"])
