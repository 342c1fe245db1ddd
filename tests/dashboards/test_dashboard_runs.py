"""The Runs page: stores of a folder only, sliced exactly, and what robust answers say; then in a real browser."""

import json

import numpy as np
import pytest
import xarray as xr
from browsing import expectations, in_browser, serving

import waterplan
from dashboards.stores import Stores, figures, view
from waterplan import Design, open_runs, robust, run_batch
from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import catalogue
from waterplan.study.scenario import Scenario

TARGETS, RATES = [60.0, 120.0, 9999.0], [0.03, 0.08]


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    """A grid, robust answers one level below, and what is no store."""
    folder = tmp_path_factory.mktemp("stores")
    design = Design.grid({"saving_target": TARGETS, "discount_rate": RATES})
    run_batch(design, folder / "grid.zarr", tiny, workers=0)
    (folder / "deeper").mkdir()
    scenario = Scenario(title="Robust", levers={"saving_target": 180.0})
    robust(scenario, tiny, 12, store=folder / "deeper" / "robust.zarr", workers=0)
    (folder / "other").mkdir()
    (folder / "other" / ".zattrs").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture
def stores(folder):
    return Stores(folder)


def test_only_stores_of_the_folder_are_offered(stores):
    assert sorted(stores.names()) == ["deeper/robust.zarr", "grid.zarr"]


@pytest.mark.parametrize("name", ["../stores", "other", "/etc", "grid.zarr/../grid.zarr", "", "deeper"])
def test_nothing_else_is_opened(stores, name):
    assert stores.open(name) is None
    assert view(stores, {"store": name or "nothing"}).get("figures") is None


def test_a_link_out_of_the_folder_is_not_offered(stores, folder, tiny, tmp_path):
    run_batch(Design.grid({"saving_target": [60.0]}), tmp_path / "outside.zarr", tiny, workers=0)
    (folder / "link.zarr").symlink_to(tmp_path / "outside.zarr")
    try:
        assert "link.zarr" not in stores.names()
    finally:
        (folder / "link.zarr").unlink()


def test_without_a_folder_there_is_nothing():
    assert view(Stores(None), {}) == {"stores": [], "folder": False, "store": "", "fault": ""}


def test_a_slice_of_a_grid_is_the_store_at_that_place(stores, folder):
    runs = open_runs(folder / "grid.zarr")
    for place in range(len(RATES)):
        wanted = {"store": "grid.zarr", "figure": "annual_cost", "across": "saving_target"}
        found = view(stores, {**wanted, "at": {"discount_rate": place}})
        cost = runs["annual_cost"].isel(discount_rate=place).values
        assert found["cloud"]["x"] == TARGETS
        np.testing.assert_allclose(found["cloud"]["y"][:2], cost[:2], rtol=1e-6)
        assert found["cloud"]["y"][2] is None, "a run without a plan has no cost"
        assert found["cloud"]["line"]


def test_states_are_counted_and_reasons_told(stores):
    found = view(stores, {"store": "grid.zarr"})
    assert found["states"] == {"infeasible": 2, "optimal": 4}
    assert found["reasons"][0][1] == 2
    assert "No plan saves 9,999" in found["reasons"][0][0]
    assert sum(found["bars"]["count"]) == 4


@pytest.mark.parametrize("place", [-5, 99, "x", None, 1e300, float("nan")])
def test_a_place_that_is_not_there_is_the_nearest(stores, place):
    found = view(stores, {"store": "grid.zarr", "across": "saving_target", "at": {"discount_rate": place}})
    assert found["at"]["discount_rate"] in (0, 1)


def test_figures_and_inputs_of_a_sample_can_be_drawn_against_each_other(stores, folder):
    runs = open_runs(folder / "deeper" / "robust.zarr")
    found = view(stores, {"store": "deeper/robust.zarr"})
    group = found["across"].removeprefix("factor:")
    np.testing.assert_allclose(found["cloud"]["x"], runs["factor"].sel(group=group).values, rtol=1e-6)
    assert not found["cloud"]["line"]
    assert set(figures(runs)) >= {"annual_cost", "shadow_price", "saving"}


def test_robust_answers_are_told_as_they_are_stored(stores, folder):
    answers = xr.open_zarr(folder / "deeper" / "robust.zarr", group="robust")
    told = view(stores, {"store": "deeper/robust.zarr"})["robust"]
    reach = (answers.carried_saving >= 180 - 1e-6).mean("run").values
    np.testing.assert_allclose(told["reach"], reach, rtol=1e-6)
    assert len(told["technologies"]) + told["never"] == answers.sizes["technology"]
    assert view(stores, {"store": "grid.zarr"})["robust"] is None


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (PermissionError(13, "Permission denied", "/srv/secret/grid.zarr"), "runs_unreadable"),
        (DataError([Problem("/srv/secret/grid.zarr", 0, "", "damaged")]), "runs_damaged"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_readers_words_without_a_place(stores, monkeypatch, error, key):
    def refused(_):
        raise error

    monkeypatch.setattr(waterplan, "open_runs", refused)
    found = view(stores, {"store": "grid.zarr"})
    assert (found["store"], found["fault"]) == ("grid.zarr", key)
    assert "secret" not in json.dumps(found)
    assert set(catalogue("runs")[key]) == {"en", "zh"}


def test_all_of_it_is_plain(stores):
    for name in stores.names():
        json.dumps(view(stores, {"store": name}), allow_nan=False)


class TestInABrowser:
    pytestmark = in_browser

    @pytest.fixture
    def server(self, folder):
        with serving("--runs", str(folder)) as running:
            yield running

    def test_a_store_is_opened_sliced_and_told_in_both_languages(self, visit):
        expect = expectations()
        page = visit("?page=runs")
        page.locator("nav [data-page=runs]").click()
        page.locator("select[data-runs=store]").select_option("grid.zarr")
        expect(page.locator("[data-chart=runs-against] .run-dot")).to_have_count(2)
        expect(page.locator("[data-chart=runs-against] .lost")).to_have_count(1)
        slider = page.locator("input[data-runs-at=discount_rate]")
        slider.focus()
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", "0.08")
        page.locator("select[data-runs=store]").select_option("deeper/robust.zarr")
        expect(page.locator("[data-chart=runs-reach]")).to_be_visible()
        page.locator("[data-name=language]").click()
        expect(page.locator("[data-card=runs-technologies] h2")).to_have_text("无论数据如何都会采用的技术")
