"""Too few plants for a method: it refuses, and says how many it needs."""

from __future__ import annotations

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message


class TooFewPlantsError(WaterplanError):
    """The frontier was given too few plants; given, needed: how many."""

    exit_code = 8

    def __init__(self, given: int, needed: int):
        self.given, self.needed = given, needed
        super().__init__(Message("grades.too_few_frontier", given=given, needed=needed))
