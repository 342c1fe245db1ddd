"""Work of visitors in threads: turns, bounds, what is alike, and what ends with its visitor."""

import gc
import threading
import time
import weakref
from concurrent.futures import CancelledError, wait

import pytest

pytest.importorskip("panel")


from dashboards.answers import Answers
from dashboards.jobs import (
    LOOK,
    MOVE,
    ORDER,
    PLANT,
    POOL,
    REPORT,
    WORK,
    Bounds,
    Jobs,
    Lane,
    TooManyError,
    safe_point,
)
from dashboards.kept import Kept
from waterplan import open_scenario
from waterplan.planning.planner.planner import Planner

LONG = 60  # s, for what must come at all
FILES = {"type": "table", "card": "curve", "form": "csv"}


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def always():
    return True


def lane(**bounds):
    return Lane("test", Bounds(**bounds))


def test_light_work_does_not_wait_for_heavy_work(jobs, gate):
    for visitor in range(20):
        for heavy in (WORK, PLANT, REPORT, POOL):
            jobs.ask(heavy, visitor, lambda: gate.wait(LONG), always)
    for light in (MOVE, LOOK, ORDER):
        assert jobs.ask(light, 0, lambda: "done", always).result(LONG) == "done"
        assert jobs.ask(light, "another", lambda: "done", always).result(LONG) == "done"


def test_a_visitor_has_one_job_under_way_and_others_find_a_thread(jobs, gate):
    for _ in range(4):
        jobs.ask(ORDER, "one", lambda: gate.wait(LONG), always)
    assert jobs.ask(ORDER, "two", lambda: "done", always).result(LONG) == "done"


def test_turns_go_round(gate):
    made, done = lane(threads=1, waiting=10), []
    first = made.ask("x", lambda: gate.wait(LONG), always)
    asked = [made.ask(who, lambda one=f"{who}{n}": done.append(one), always) for who in "abc" for n in range(3)]
    gate.set()
    wait([first, *asked], LONG)
    assert done == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]
    made.close()


class Guest:
    """A visitor from an address."""

    def __init__(self, address):
        self.address = address


def test_a_crowd_from_one_address_has_as_many_turns_as_one_from_another(gate):
    made, done = lane(threads=1, waiting=10), []
    first = made.ask("x", lambda: gate.wait(LONG), always)
    crowd, lone = [Guest("a") for _ in range(5)], Guest("b")
    asked = [made.ask(one, lambda: done.append("a"), always) for one in crowd for _ in range(2)]
    asked += [made.ask(lone, lambda: done.append("b"), always) for _ in range(3)]
    gate.set()
    wait([first, *asked], LONG)
    assert "".join(done) == "abababaaaaaaa"
    made.close()


def test_every_job_comes_to_an_end_whoever_asks_and_leaves():
    made, asked, lock = lane(threads=3, waiting=5), [], threading.Lock()

    def visit(number):
        for n in range(40):
            mine = made.ask(number % 7, time.monotonic, always, key=n if n % 3 else None)
            with lock:
                asked.append(mine)
            if n % 10 == 9:
                made.leave(number % 7)

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(14)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join(LONG)
    assert len(asked) == 14 * 40
    times = [None if one.cancelled() else one.result(LONG) for one in asked]
    assert any(times)
    made.close()


def test_one_too_many_is_refused_or_takes_the_place_of_the_oldest(gate):
    refusing, giving_way = lane(threads=1, waiting=2, refuses=True), lane(threads=1, waiting=2)
    for made in (refusing, giving_way):
        made.ask("x", lambda: gate.wait(LONG), always)
    asked = [refusing.ask("a", lambda: 1, always) for _ in range(2)]
    with pytest.raises(TooManyError):
        refusing.ask("a", lambda: 1, always)
    other = refusing.ask("b", lambda: 2, always)
    oldest, *newer = [giving_way.ask("a", lambda n=n: n, always) for n in range(3)]
    assert oldest.cancelled()
    gate.set()
    assert [one.result(LONG) for one in (*asked, other, *newer)] == [1, 1, 2, 1, 2]
    refusing.close()
    giving_way.close()


def test_what_is_alike_is_done_once_and_at_the_first_turn_of_any_who_asked(gate):
    made, done = lane(threads=1, waiting=9), []
    made.ask("x", lambda: gate.wait(LONG), always)
    own = [made.ask("a", lambda n=n: done.append(n), always) for n in range(3)]
    asked = [made.ask(who, lambda: done.append("alike") or len(done), always, key="k") for who in "aabc"]
    gate.set()
    assert len({one.result(LONG) for one in asked}) == 1
    wait(own, LONG)
    assert done == [0, "alike", 1, 2]
    made.close()


def test_what_is_alike_goes_on_for_those_who_stay(gate):
    made, here = lane(threads=1, waiting=9), {"a": True, "b": True}
    made.ask("x", lambda: gate.wait(LONG), always)
    asked = [made.ask(who, lambda: "done", lambda who=who: here[who], key="k") for who in "ab"]
    here["a"] = False
    made.leave("a")
    gate.set()
    assert [one.result(LONG) for one in asked] == ["done", "done"]
    made.close()


def test_what_waits_ends_with_its_visitor_and_what_is_under_way_at_its_next_safe_point(gate):
    made, here, begun, reached = lane(threads=1, waiting=9), {"a": True}, threading.Event(), []

    class Content:
        """What a job would give."""

    def work():
        begun.set()
        gate.wait(LONG)
        safe_point()
        reached.append(1)

    def heavy():
        content = Content()
        seen.append(weakref.ref(content))
        return content

    seen = []
    under_way = made.ask("a", work, lambda: here["a"])
    waiting = [made.ask("a", lambda: reached.append(2), lambda: here["a"]) for _ in range(5)]
    assert begun.wait(LONG)
    here["a"] = False
    made.leave("a")
    assert all(one.cancelled() for one in waiting)
    gate.set()
    with pytest.raises(CancelledError):
        under_way.result(LONG)
    assert reached == []
    here["a"] = True
    held = threading.Event()
    late = made.ask("a", lambda: (here.update(a=False), heavy(), held.set())[1], lambda: here["a"])
    with pytest.raises(CancelledError):
        late.result(LONG)
    assert held.is_set()
    gc.collect()
    assert seen[0]() is None
    made.close()


def test_six_threads_that_ask_for_one_cold_curve_are_given_one(china):
    answers = Answers(Planner(china))
    scenario, found, at_once = open_scenario("reference"), [], threading.Barrier(6)

    def ask():
        at_once.wait(LONG)
        found.append((answers.curve_points(scenario), answers.curve(scenario), answers.result(scenario)))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(LONG)
    assert len(found) == 6
    for kind in zip(*found, strict=True):
        assert all(one is kind[0] for one in kind)
    answers.close()


def test_what_a_visitor_left_half_made_is_made_by_the_next(gate):
    kept, made, here = Kept(3), lane(threads=2, waiting=3), {"a": True}
    begun = threading.Event()

    def slow():
        begun.set()
        gate.wait(LONG)
        safe_point()
        return "of a"

    one = made.ask("a", lambda: kept.of("k", slow), lambda: here["a"])
    assert begun.wait(LONG)
    two = made.ask("b", lambda: kept.of("k", lambda: "of b"), always)
    here["a"] = False
    gate.set()
    assert two.result(LONG) == "of b"
    with pytest.raises(CancelledError):
        one.result(LONG)
    with pytest.raises(ZeroDivisionError):
        kept.of("other", lambda: 1 / 0)
    assert kept.of("other", lambda: "again") == "again"
    made.close()


def test_a_closed_lane_ends_what_is_under_way_at_its_next_safe_point(gate):
    jobs, begun = Jobs(), threading.Event()

    def work():
        begun.set()
        gate.wait(LONG)
        safe_point()

    under_way = jobs.ask(REPORT, "a", work, always)
    assert begun.wait(LONG)
    assert not jobs.close()
    gate.set()
    assert jobs.close(LONG)
    with pytest.raises(CancelledError):
        under_way.result(LONG)
