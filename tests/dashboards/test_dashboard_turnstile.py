"""Many who say much: who says little is answered within a moment all the same."""

import asyncio
import threading
import time

import pytest
from knocking import Visitor, is_alive, said
from playing import played

pytest.importorskip("panel")

from dashboards import bounds
from dashboards.turnstile import Address, Rest, Turnstile

SESSIONS, MESSAGES = 20, 60


def crowd_of(turnstile, count, work, until):
    """Visitors of addresses of their own who always have the next message ready."""

    async def ask_all_the_time():
        rest, address = Rest(), Address()
        while not until():
            await turnstile.run(rest, address, work())

    return [asyncio.ensure_future(ask_all_the_time()) for _ in range(count)]


def test_who_came_first_goes_first_and_a_rest_is_worth_some_seconds():
    async def visit():
        turnstile, order = Turnstile(), []

        async def work(name):
            order.append(name)

        tired = [Rest() for _ in range(3)]
        for rest in tired:
            rest._left = 0.0
            rest._then = time.monotonic() + 9  # not quiet since
        rests = {"first": tired[0], "second": tired[1], "third": tired[2], "rested": Rest()}
        await asyncio.gather(*(turnstile.run(rest, Address(), work(name)) for name, rest in rests.items()))
        return order

    assert played(visit()) == ["first", "rested", "second", "third"]  # the first found nobody before it


def test_who_waited_for_his_answer_has_not_rested():
    waited, rested = Rest(), Rest()
    for rest in (waited, rested):
        rest._left = 0.0
        rest.ask()
        rest.answered(0.0)
        rest._then -= 6.0  # his message was taken six seconds ago
    waited.told()  # and the answer came just now
    assert waited.ask() < 0.5
    assert rested.ask() == bounds.EARLY_SECONDS


def test_a_rest_is_paid_for_and_grows_again_but_not_beyond_its_bound():
    rest = Rest()
    assert rest.ask() == bounds.EARLY_SECONDS
    rest.answered(0.2)
    assert rest.ask() == pytest.approx(bounds.EARLY_SECONDS - 3, abs=0.2)  # one message, and 0.2 s of the server
    for _ in range(40):
        rest.answered(0.2)
        rest.ask()
    assert rest._left < 1
    rest.answered(0.0)
    rest._asked = 0
    rest._then -= 1.5
    assert rest.ask() == pytest.approx(15, abs=0.5)
    rest.answered(0.0)
    rest._then -= 3600
    assert rest.ask() == bounds.EARLY_SECONDS


def test_who_says_a_word_now_and_then_is_heard_at_once_among_a_crowd():
    async def visit():
        turnstile, order, is_over = Turnstile(), [], []

        async def work(name, seconds):
            order.append(name)
            await asyncio.sleep(seconds)

        crowd = crowd_of(turnstile, 20, lambda: work("crowd", 0.005), lambda: is_over)
        await asyncio.sleep(4)  # its own rests are used up
        rest, address, places = Rest(), Address(), []
        for _ in range(5):
            before = len(order)
            await turnstile.run(rest, address, work("visitor", 0.02))
            places.append(order.index("visitor", before) - before)
            await asyncio.sleep(0.2)
        is_over.append(True)
        await asyncio.gather(*crowd)
        return places

    assert max(played(visit())) <= 2  # one that is under way, and one that a pause let in


def test_nobody_starves_where_there_is_more_to_do_than_can_be_done():
    """Among a crowd, each of those who ask as soon as they are answered gets what the others get."""

    async def visit():
        turnstile, until, answered = Turnstile(), time.monotonic() + 9, [0] * 8

        async def work():
            await asyncio.sleep(0.01)

        async def honest(place):
            rest, address = Rest(), Address()
            while time.monotonic() < until:
                await turnstile.run(rest, address, work())
                answered[place] += 1
                await asyncio.sleep(0.05)

        crowd = crowd_of(turnstile, 30, work, lambda: time.monotonic() > until)
        await asyncio.gather(*crowd, *(honest(place) for place in range(8)))
        return answered

    answered = played(visit())
    assert min(answered) >= 2
    assert max(answered) <= 3 * min(answered)


def test_who_makes_himself_new_is_heard_early_only_so_often():
    async def visit():
        turnstile, order, address = Turnstile(), [], Address()

        async def work(name):
            order.append(name)

        new = [turnstile.run(Rest(), address, work("new")) for _ in range(bounds.EARLY_AT_ONCE + 50)]
        tired = Rest()
        tired._left = 0.0
        runs = [asyncio.ensure_future(one) for one in (turnstile.run(tired, Address(), work("who waits")), *new)]
        await asyncio.gather(*runs)
        return order.index("who waits")

    assert played(visit()) <= bounds.EARLY_AT_ONCE + 5


def test_who_gives_up_while_he_waits_or_is_heard_stops_nobody():
    async def visit():
        turnstile, done = Turnstile(), []

        async def long():
            await asyncio.sleep(60)

        async def work():
            done.append(True)

        heard = asyncio.ensure_future(turnstile.run(Rest(), Address(), long()))
        await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(turnstile.run(Rest(), Address(), work())) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        heard.cancel()
        await asyncio.wait_for(asyncio.gather(*waiting[1:]), 5)
        await asyncio.wait_for(turnstile.run(Rest(), Address(), work()), 5)
        return done

    assert played(visit()) == [True] * 3


def test_between_two_messages_others_are_answered():
    async def visit():
        turnstile, gaps = Turnstile(), []

        async def work():
            time.sleep(0.01)

        crowd = [asyncio.ensure_future(turnstile.run(Rest(), Address(), work())) for _ in range(40)]
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

        slow = asyncio.ensure_future(turnstile.run(Rest(), Address(), never()))
        await asyncio.sleep(0)  # it is under way
        with pytest.raises(ValueError, match="no"):
            await turnstile.run(Rest(), Address(), fails())
        await asyncio.wait_for(turnstile.run(Rest(), Address(), work()), 5)
        slow.cancel()
        return done

    assert played(visit()) == [True]


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
    assert longest < 5
    assert came < 20  # first come, first served: as long as all who wait, and not for ever
