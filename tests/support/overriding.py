"""Overrides as a scenario file has them."""

from waterplan.study.scenario import Scenario

SOURCE = "Provincial tariff notice, read on site"


def overridden(*tables, **common):
    """A scenario with ``[[set]]`` tables; what they share comes as keywords."""
    return Scenario.from_mapping({"set": [{"source": SOURCE, **common, **table} for table in tables]}, "x.toml")
