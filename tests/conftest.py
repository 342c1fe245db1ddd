"""Studies that many tests share; they are read once, and no test may change them."""

from pathlib import Path

import pytest
from spoiling import Copy

from waterplan.study import Study, open_study, shipped

TINY = Path(__file__).parent / "tiny_study"


@pytest.fixture(scope="session")
def tiny() -> Study:
    """Two sectors, three products, three provinces, ten technologies; see its README for the sums."""
    return Study.read(TINY)


@pytest.fixture(scope="session")
def china() -> Study:
    """The shipped study."""
    return open_study("china-2015")


@pytest.fixture
def copy(tmp_path) -> Copy:
    """A copy of the tiny study, to be spoilt."""
    return Copy(TINY, tmp_path / "copy")


@pytest.fixture
def copy_of_china(tmp_path) -> Copy:
    """A copy of the shipped study, to be spoilt."""
    return Copy(shipped(), tmp_path / "china")
