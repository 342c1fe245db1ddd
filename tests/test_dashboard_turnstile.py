"""Many who say much: who says little is answered within a moment all the same."""

import asyncio
import threading
import time

import pytest
from knocking import Visitor, is_alive, said
from playing import played

pytest.importorskip("panel")

from dashboards.turnstile import Demand, Turnstile

SESSIONS, MESSAGES = 20, 60


def test_who_asked_least_of_late_goes_first():
    async def visit():
        turnstile, order = Turnstile(), []

        async def work(name):
            order.append(name)

        askers = {"much": Demand(), "some": Demand(), "none": Demand()}
        askers["much"].add(9)
        askers["some"].add(1)
        await asyncio.gather(*(turnstile.run([demand], work(name)) for name, demand in askers.items()))
        return order

    assert played(visit()) == ["much", "none", "some"]  # the first found nobody before it


def test_who_says_a_word_is_heard_before_a_crowd_that_always_has_one_ready_whatever_it_costs_him():
    async def visit():
        turnstile, order = Turnstile(), []

        async def work(name, seconds):
            order.append(name)
            await asyncio.sleep(seconds)

        async def ask_all_the_time(demand):
            for _ in range(6):
                await turnstile.run([demand], work("crowd", 0.005))

        crowd = [asyncio.ensure_future(ask_all_the_time(Demand())) for _ in range(20)]
        await asyncio.sleep(0.3)
        demand, places = Demand(), []
        for _ in range(5):
            before = len(order)
            await turnstile.run([demand], work("visitor", 0.05))
            places.append(order.index("visitor", before) - before)
        await asyncio.gather(*crowd)
        return places

    places = played(visit())
    assert max(places) <= 2, "one that is under way, and one in four that waits longest"


def test_who_makes_himself_new_has_come_from_where_he_came():
    async def visit():
        turnstile, order = Turnstile(), []
        crowded, calm = Demand(), Demand()
        crowded.add(20)

        async def work(name):
            order.append(name)

        first = asyncio.ensure_future(turnstile.run([Demand(), calm], work("first")))
        asked = Demand()
        asked.add(5)
        one = asyncio.ensure_future(turnstile.run([asked, calm], work("one who asked before")))
        new = [asyncio.ensure_future(turnstile.run([Demand(), crowded], work("new"))) for _ in range(3)]
        await asyncio.gather(first, one, *new)
        return order

    assert played(visit())[:2] == ["first", "one who asked before"]


def test_nobody_waits_for_ever():
    async def visit():
        turnstile, order = Turnstile(), []

        async def work(name):
            order.append(name)

        async def come(count):
            for number in range(count):
                await turnstile.run([Demand()], work(number))

        hog = Demand()
        hog.add(1000)
        newcomers = [asyncio.ensure_future(come(30)) for _ in range(3)]
        await asyncio.sleep(0)
        await turnstile.run([hog], work("hog"))
        await asyncio.gather(*newcomers)
        return order.index("hog")

    assert played(visit()) <= 16  # three before it, and one in four is its own


def test_between_two_messages_others_are_answered():
    async def visit():
        turnstile, gaps = Turnstile(), []

        async def work():
            time.sleep(0.01)

        crowd = [asyncio.ensure_future(turnstile.run([Demand()], work())) for _ in range(40)]
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

        slow = asyncio.ensure_future(turnstile.run([Demand()], never()))
        await asyncio.sleep(0)  # it is under way
        with pytest.raises(ValueError, match="no"):
            await turnstile.run([Demand()], fails())
        await asyncio.wait_for(turnstile.run([Demand()], work()), 5)
        slow.cancel()
        return done

    assert played(visit()) == [True]


def test_what_was_asked_is_forgotten():
    demand = Demand()
    demand.add(8)
    demand._then -= 30
    assert demand.of_late() == pytest.approx(1, rel=1e-3)


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
