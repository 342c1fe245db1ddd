"""Scenario files for the tests: the fixture that writes one, and what stands in it."""

import pytest

SECTORS = ["chemicals", "steel", "paper", "textiles", "food"]


@pytest.fixture
def write(tmp_path):
    """Writes a scenario file and returns its path."""

    def write(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    return write


def titled(text):
    """A scenario file with a title and some text."""
    return f'title = "A question"\n{text}'
