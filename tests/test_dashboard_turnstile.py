"""Many who say much: who says little is answered within a moment all the same."""

import asyncio
import threading
import time

import pytest
from knocking import Visitor, is_alive, said
from playing import played

pytest.importorskip("panel")

from dashboards.turnstile import Taken, Turnstile

SESSIONS, MESSAGES = 20, 60


def test_who_took_least_of_late_goes_first():
    async def visit():
        turnstile, order = Turnstile(), []

        async def work(name):
            order.append(name)

        takers = {"much": Taken(), "some": Taken(), "none": Taken()}
        takers["much"].add(9)
        takers["some"].add(1)
        await asyncio.gather(*(turnstile.run(taken, work(name)) for name, taken in takers.items()))
        return order

    assert played(visit()) == ["much", "none", "some"]  # the first found nobody before it


def test_between_two_messages_others_are_answered():
    async def visit():
        turnstile, gaps = Turnstile(), []

        async def work():
            time.sleep(0.01)

        crowd = [asyncio.ensure_future(turnstile.run(Taken(), work())) for _ in range(40)]
        then = time.monotonic()
        while not all(one.done() for one in crowd):
            await asyncio.sleep(0.001)
            gaps.append(time.monotonic() - then)
            then = time.monotonic()
        return gaps

    gaps = played(visit())
    assert len(gaps) > 40  # one message at most between two looks
    assert sum(gap > 0.03 for gap in gaps) < 10  # but for a machine that does other things too


def test_a_message_that_waits_for_its_visitor_or_fails_holds_up_nobody():
    async def visit():
        turnstile, done = Turnstile(), []

        async def never():
            await asyncio.sleep(60)

        async def fails():
            raise ValueError("no")

        async def work():
            done.append(True)

        slow = asyncio.ensure_future(turnstile.run(Taken(), never()))
        with pytest.raises(ValueError, match="no"):
            await turnstile.run(Taken(), fails())
        await asyncio.wait_for(turnstile.run(Taken(), work()), 5)
        slow.cancel()
        return done

    assert played(visit()) == [True]


def test_what_was_taken_is_forgotten():
    taken = Taken()
    taken.add(8)
    taken._then -= 30
    assert taken.of_late() == pytest.approx(1, rel=1e-3)


def test_twenty_who_change_the_language_all_the_time_hold_up_nobody(server):
    address, _ = server
    lines = []
    for _ in range(SESSIONS):
        visitor = Visitor(address)
        visitor.open()
        lines.append((visitor.connect(), visitor))
    lines = [(line, line.join()) for line, _ in lines]

    def flood(line, model):
        for at in range(MESSAGES):
            line.tell(said({"type": "view", "language": ("zh", "en")[at % 2], "seq": at}, model))

    def hear(line):
        while line.message() is not None:
            pass

    threads = [threading.Thread(target=act, args=words, daemon=True)
               for line, model in lines for act, words in ((flood, (line, model)), (hear, (line,)))]  # fmt: skip
    for thread in threads:
        thread.start()
    longest, until = 0.0, time.monotonic() + 6
    while time.monotonic() < until:
        start = time.monotonic()
        assert is_alive(address, seconds=30)
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.05)
    start = time.monotonic()
    other = Visitor(address)
    other.open()
    with other.connect() as line:
        line.join()
    came = time.monotonic() - start
    for line, _ in lines:
        line.socket.close()
    assert longest < 2
    assert came < 5
