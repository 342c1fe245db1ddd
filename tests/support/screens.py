"""What a visitor of the pages sees, without a browser."""

import time

import pytest

from dashboards.answers import Answers
from dashboards.facts import Facts
from dashboards.session import Session, shipped_scenarios


@pytest.fixture(scope="module")
def answers(planner_of_china):
    """What visitors of one file of tests share."""
    made = Answers(planner_of_china)
    yield made
    made.close()


@pytest.fixture(scope="module")
def facts(planner_of_china):
    """What the pages tell of the shipped study."""
    return Facts.of(planner_of_china)


@pytest.fixture(scope="module")
def shipped(answers):
    """The shipped scenarios."""
    return shipped_scenarios(answers)


class Screen:
    """What a visitor sees: the last content of each name. Work in threads is waited for."""

    def __init__(self, answers, facts, shipped, query=""):
        self.seen, self.later = {}, []
        self.session = Session(answers, facts, shipped)
        self.session.start(query, self.seen.__setitem__, self.later.append)

    def settle(self, name="board"):
        for _ in range(2000):
            while self.later:
                self.later.pop(0)()
            board = self.seen.get("board")
            if name in self.seen and board and board["number"] == self.session.number:
                return self.seen[name]
            self.wait()
        raise AssertionError(f"no {name} came")

    def send(self, kind, **message):
        self.session.receive({"type": kind, **message})
        return self.settle()

    @staticmethod
    def wait():
        """Lets threads go on."""
        time.sleep(0.005)


@pytest.fixture
def screen(answers, facts, shipped):
    """What a visitor sees once the first answer is there."""
    made = Screen(answers, facts, shipped)
    made.settle()
    return made
