"""Where things stand: the checkout, its tests, and the tiny study."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
TINY = TESTS / "tiny_study"
