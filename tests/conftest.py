"""Studies that many tests share; they are read once, and no test may change them."""

import contextlib
import os
import signal
import sys
import threading

import hypothesis
import pytest
from browsing import browser, server, visit  # noqa: F401  fixtures
from places import TINY
from scenario_files import write  # noqa: F401  a fixture
from screens import answers, facts, screen, shipped  # noqa: F401  fixtures
from spoiling import Copy
from told_whole import tell_whole

from waterplan.planning.plan.plan import Plan
from waterplan.planning.planner.planner import Planner
from waterplan.study.scenario import Scenario
from waterplan.study.study import Study, open_study
from waterplan.study.study import shipped as shipped_study

hypothesis.settings.register_profile("any machine", deadline=None)  # no test depends on the load of its machine
hypothesis.settings.load_profile("any machine")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process that a test starts compiles all its modules anew
sys.dont_write_bytecode = False
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a shell in the background ignores Ctrl-C, and so do its children
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny() -> Study:
    """Two sectors, three products, three provinces, ten technologies; see its README for the sums."""
    return Study.read(TINY)


@pytest.fixture(scope="session")
def china() -> Study:
    """The shipped study."""
    return open_study("china-2015")


@pytest.fixture(scope="module")
def planner(tiny) -> Planner:
    """A planner of the tiny study, a new one for each file of tests."""
    return Planner(tiny)


@pytest.fixture(scope="module")
def planner_of_china(china) -> Planner:
    """A planner of the shipped study, a new one for each file of tests."""
    return Planner(china)


@pytest.fixture(scope="module")
def plan(planner) -> Plan:
    """The plan of the tiny study that saves sixty, for files that have none of their own."""
    return Plan.of(planner.solve(Scenario(title="Sixty", title_zh="六十", levers={"saving_target": 60})))


@pytest.fixture(scope="module")
def dataset(plan):
    """The variables of that plan."""
    return plan.dataset


@pytest.fixture
def copy(tmp_path) -> Copy:
    """A copy of the tiny study, to be spoilt."""
    return Copy(TINY, tmp_path / "copy")


@pytest.fixture
def whole(copy) -> Copy:
    """A copy of the tiny study with all that it leaves out, to be spoilt."""
    return tell_whole(copy)


@pytest.fixture
def copy_of_china(tmp_path) -> Copy:
    """A copy of the shipped study, to be spoilt."""
    return Copy(shipped_study(), tmp_path / "china")


@pytest.fixture
def gate():
    """Work that waits until the gate is open; it opens at the end of a test whatever happens."""
    opened = threading.Event()
    yield opened
    opened.set()


def is_number(text):
    """Whether a cell of text is a number and so no formula."""
    try:
        float(text)
    except ValueError:
        return False
    return True
