"""A batch that is killed and run again ends with the values of an undisturbed one: done for real."""

import os
import random
import signal

import pytest
from batching import chunks_done, end, external_cluster, run, same, start, wait_for, workers_of, write_design

CHUNKS = 40


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    return write_design(tmp_path_factory.mktemp("design"), 4 * CHUNKS)


@pytest.fixture(scope="module")
def undisturbed(design, tmp_path_factory):
    store = tmp_path_factory.mktemp("undisturbed") / "runs.zarr"
    run(design, store, "--workers", "0")
    return store


def moments(number):
    """Chunks done when something is killed: at random, and told when a test fails."""
    seed = random.SystemRandom().randrange(10**6)
    chosen = random.Random(seed).sample(range(1, CHUNKS - 20), number)
    print(f"killed after {chosen} chunks (seed {seed})")  # noqa: T201
    return sorted(chosen)


def kill_driver(design, store, moment, *options):
    """Kills the command at a moment, if it is not done by then; its workers end by themselves."""
    process = start(design, store, *options)
    wait_for(lambda: chunks_done(store) >= moment, process)
    workers = workers_of(process) if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))
    assert chunks_done(store) < CHUNKS


def kill_worker(design, store, moment):
    process = start(design, store, "--workers", "2")
    wait_for(lambda: chunks_done(store) >= moment, process)
    assert chunks_done(store) < CHUNKS
    workers_of(process)[0].send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err


def kill_scheduler(design, store, moment, folder):
    with external_cluster(folder, 1) as (address, scheduler, _):
        process = start(design, store, "--scheduler", address)
        wait_for(lambda: chunks_done(store) >= moment, process)
        scheduler.send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 8
        assert "The connection to the scheduler is lost" in err
        assert "Traceback" not in err
    assert chunks_done(store) < CHUNKS


def test_a_batch_whose_driver_is_killed_goes_on_where_it_stopped(design, undisturbed, tmp_path):
    store = tmp_path / "runs.zarr"
    (moment,) = moments(1)
    kill_driver(design, store, moment, "--workers", "2")
    kept = chunks_done(store)
    assert kept >= moment
    process = start(design, store, "--workers", "0")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"{4 * (kept + 1)} of {4 * CHUNKS} runs" in err or "100 %" in err
    same(store, undisturbed)


@pytest.mark.long
def test_a_batch_whose_worker_is_killed_ends_by_itself(design, undisturbed, tmp_path):
    kill_worker(design, tmp_path / "runs.zarr", moments(1)[0])
    same(tmp_path / "runs.zarr", undisturbed)


@pytest.mark.long
def test_a_batch_whose_scheduler_is_killed_says_so_and_goes_on_with_another(design, undisturbed, tmp_path):
    store = tmp_path / "runs.zarr"
    kill_scheduler(design, store, moments(1)[0], tmp_path)
    with external_cluster(tmp_path, 1) as (address, *_):
        run(design, store, "--scheduler", address)
    same(store, undisturbed)


@pytest.mark.long
def test_a_batch_killed_ten_times_ends_with_the_values_of_an_undisturbed_one(design, undisturbed, tmp_path):
    """Driver, worker and scheduler in turn, and the driver once more."""
    store = tmp_path / "runs.zarr"
    for number, moment in enumerate(moments(10)):
        if chunks_done(store) >= moment:
            moment = min(chunks_done(store) + 1, CHUNKS - 10)
        if number % 3 == 0:
            kill_driver(design, store, moment, "--workers", "2")
        elif number % 3 == 1:
            kill_worker_and_driver(design, store, moment)
        else:
            kill_scheduler(design, store, moment, tmp_path)
    run(design, store, "--workers", "2")
    same(store, undisturbed)


def kill_worker_and_driver(design, store, moment):
    """A worker at a moment, and the driver a little later, so that something is left to do."""
    process = start(design, store, "--workers", "2")
    wait_for(lambda: chunks_done(store) >= moment, process)
    workers_of(process)[0].send_signal(signal.SIGKILL)
    wait_for(lambda: chunks_done(store) >= moment + 1, process)
    end(process)


def test_an_interrupt_ends_cleanly_and_keeps_what_is_done(design, undisturbed, tmp_path):
    store = tmp_path / "runs.zarr"
    process = start(design, store, "--workers", "2")
    wait_for(lambda: chunks_done(store) >= 5, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its group
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "runs are kept" in err
    assert "Traceback" not in err
    assert 5 <= chunks_done(store) < CHUNKS
    run(design, store, "--workers", "0")
    same(store, undisturbed)
