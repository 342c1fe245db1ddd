"""Signing in while others keep guessing: a lasting flood holds up nobody, and guessing stays slow."""

import asyncio
import itertools
import threading
import time
from urllib.parse import urlencode

import pytest
from knocking import FORM, Visitor, get
from playing import played

pytest.importorskip("panel")

from test_dashboard_owners import USERS, guarded  # noqa: F401

from dashboards import turns
from dashboards.gate import TURNED_AWAY_SECONDS
from dashboards.turns import Asked, TurnedAwayError, Turns

NAMES = {"fresh names": lambda at: f"nobody.{at}", "another name": lambda _: "li.na", "the name": lambda _: "zhang.wei"}


def right(name, password):
    return password == f"right for {name}"


async def flood(gate, name, until, size=30):
    """Wrong tries, so many at a time, each followed by the next, until something is done."""
    count = itertools.count()

    async def guess():
        while not until.done():
            try:
                await gate.admits(Asked(name(next(count)), f"wrong {next(count)}", "10.0.0.1"))
            except TurnedAwayError:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(guess() for _ in range(size)))


async def seconds_of(asked, name, size=30, check=right):
    """How long a right try takes that comes in the midst of a flood."""
    gate, loop = Turns(check), asyncio.get_running_loop()
    until = loop.create_future()
    others = asyncio.create_task(flood(gate, name, until, size))
    await asyncio.sleep(1.5)
    start = loop.time()
    try:
        assert await asyncio.wait_for(gate.admits(asked), 60)
        return loop.time() - start
    finally:
        until.set_result(None)
        others.cancel()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_browser_that_signed_in_before_does_not_wait_whatever_others_do_to_the_name_or_from_its_address(name):
    known = Asked("zhang.wei", "right for zhang.wei", "10.0.0.1", browser="mark")
    assert played(seconds_of(known, name)) < 1


@pytest.mark.parametrize("case", ["fresh names", "another name"])
def test_a_stranger_from_the_same_address_waits_no_longer_than_the_queue(case):
    stranger = Asked("zhang.wei", "right for zhang.wei", "10.0.0.1")
    assert played(seconds_of(stranger, NAMES[case])) < 10


def test_a_stranger_from_elsewhere_goes_before_those_who_fail_at_his_name():
    stranger = Asked("zhang.wei", "right for zhang.wei", "10.0.0.2")
    assert played(seconds_of(stranger, NAMES["the name"])) < 4


def test_who_is_let_in_again_and_again_does_not_keep_others_out():
    async def play():
        gate, loop = Turns(lambda name, _: time.sleep(0.01) or name != "nobody"), asyncio.get_running_loop()
        until = loop.create_future()

        async def enter(at):
            while not until.done():
                await gate.admits(Asked("li.na", f"{at}", "10.0.0.9", browser=f"mark {at}"))

        crowd = [asyncio.create_task(enter(at)) for at in range(30)]
        await asyncio.sleep(0.2)
        assert not await asyncio.wait_for(gate.admits(Asked("nobody", "x", "10.0.0.1")), 10)
        until.set_result(None)
        await asyncio.gather(*crowd)

    played(play())


def test_one_with_many_marks_of_his_own_name_keeps_nobody_out():
    """Thirty known browsers and 130 tries of one user: another user is let in, from a known browser and from none."""

    async def play():
        gate, loop = Turns(lambda name, word: time.sleep(0.02) or word.startswith("right")), asyncio.get_running_loop()
        until, count = loop.create_future(), itertools.count()

        async def guess(mark):
            while not until.done():
                word = "right" if next(count) % 8 == 0 else f"wrong {next(count)}"
                try:
                    await gate.admits(Asked("li.na", word, "10.0.0.1", browser=f"mark {mark}"))
                except TurnedAwayError:
                    await asyncio.sleep(0.05)

        crowd = [asyncio.create_task(guess(at % 30)) for at in range(130)]
        await asyncio.sleep(1)
        for browser in ("his mark", ""):
            start = loop.time()
            assert await asyncio.wait_for(gate.admits(Asked("zhang.wei", "right", "10.0.0.1", browser)), 15)
            assert loop.time() - start < 10
        until.set_result(None)
        for one in crowd:
            one.cancel()

    played(play())


def test_a_known_browser_that_keeps_failing_is_a_stranger():
    async def play():
        gate = Turns(right)
        for at in range(turns.TRUSTED):
            assert not await gate.admits(Asked("li.na", f"wrong {at}", "10.0.0.1", browser="mark"))
        assert gate._names.count("li.na") == 0
        assert not await gate.admits(Asked("li.na", "wrong", "10.0.0.1", browser="mark"))
        assert gate._names.count("li.na") == 1

    played(play())


def test_the_same_try_is_made_once_however_often_it_is_sent():
    asked = []

    def check(name, password):
        asked.append((name, password))
        time.sleep(0.2)
        return False

    async def play():
        gate = Turns(check)
        first = asyncio.create_task(gate.admits(Asked("a", "first", "10.0.0.1")))
        await asyncio.sleep(0.05)
        alike = [asyncio.create_task(gate.admits(Asked("b", "same", "10.0.0.1"))) for _ in range(30)]
        assert not any(await asyncio.gather(first, *alike))

    played(play())
    assert asked == [("a", "first"), ("b", "same")]


def test_who_keeps_guessing_at_a_name_keeps_its_owner_out_for_a_few_seconds_at_most():
    """From the same address, with a browser that is not known, while thirty guesses are always under way."""

    async def play():
        gate, loop = Turns(right), asyncio.get_running_loop()
        until = loop.create_future()
        others = asyncio.create_task(flood(gate, NAMES["the name"], until))
        await asyncio.sleep(10)
        took = []
        for _ in range(5):
            start = loop.time()
            while True:
                try:
                    assert await gate.admits(Asked("zhang.wei", "right for zhang.wei", "10.0.0.1"))
                    break
                except TurnedAwayError:
                    continue
            took.append(loop.time() - start)
            for _ in range(turns.FREE):
                gate._names.tried("zhang.wei", True)
        until.set_result(None)
        others.cancel()
        return took

    took = sorted(played(play()))
    assert took[2] < 10


def test_nobody_waits_ten_seconds_for_an_answer():
    assert max(turns.PATIENCE, turns.TOLD) + TURNED_AWAY_SECONDS < 10


def test_one_that_waited_too_long_is_told(monkeypatch):
    monkeypatch.setattr(turns, "ATTACKED_PATIENCE", 0.5)
    monkeypatch.setattr(turns, "TOLD", 1.0)

    async def play():
        gate = Turns(right)
        for at in range(turns.FREE):
            await gate.admits(Asked("li.na", f"wrong {at}", "10.0.0.1"))
        waiting = [asyncio.create_task(gate.admits(Asked("li.na", f"later {at}", "10.0.0.1"))) for at in range(5)]
        return await asyncio.gather(*waiting, return_exceptions=True)

    outcomes = played(play())
    assert any(isinstance(outcome, TurnedAwayError) for outcome in outcomes)
    assert all(outcome is False or isinstance(outcome, TurnedAwayError) for outcome in outcomes)


def test_what_the_check_raises_reaches_who_asked_and_others_have_their_turn():
    def check(name, _):
        if name == "broken":
            raise OSError("disk")
        return True

    async def play():
        gate = Turns(check)
        with pytest.raises(OSError, match="disk"):
            await gate.admits(Asked("broken", "x", "10.0.0.1"))
        assert await gate.admits(Asked("whole", "x", "10.0.0.1"))

    played(play())


def test_a_password_is_not_in_what_is_printed_of_a_try():
    assert "salt" not in repr(Asked("li.na", "salt and water", "10.0.0.1"))


@pytest.fixture
def flooded(guarded):  # noqa: F811
    """The server, with thirty who keep guessing at a name from the visitor's own address."""
    stop, count = threading.Event(), itertools.count()

    def guess():
        while not stop.is_set():
            body = urlencode({"username": "zhang.wei", "password": f"wrong {next(count)}"})
            get(guarded, "/login", "POST", body, **FORM)

    known = Visitor(guarded, "zhang.wei", USERS["zhang.wei"])
    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    yield guarded, known
    stop.set()
    for thread in threads:
        thread.join()


def test_a_known_browser_signs_in_at_once_on_a_real_server_under_a_lasting_flood(flooded):
    address, known = flooded
    cookies = {"Cookie": f"waterplan_browser={known.cookies['waterplan_browser']}"}
    start = time.monotonic()
    body = urlencode({"username": "zhang.wei", "password": USERS["zhang.wei"]})
    status, _, _ = get(address, "/login", "POST", body, **FORM, **cookies)
    assert status == 303
    assert time.monotonic() - start < 5
    status, _, _ = get(address, "/login", "POST", urlencode({"username": "li.na", "password": "x"}), **FORM, **cookies)
    assert status in (401, 429)  # the mark of one name is nothing to another


def test_the_mark_of_a_browser_is_signed_and_kept_from_scripts(guarded):  # noqa: F811
    body = urlencode({"username": "li.na", "password": USERS["li.na"]})
    _, headers, _ = get(guarded, "/login", "POST", body, **FORM)
    line = next(line for line in headers.get_all("Set-Cookie") if line.startswith("waterplan_browser="))
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "li.na" not in line
