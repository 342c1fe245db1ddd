"""Too few plants for a method: it refuses, and says how many it needs."""

from __future__ import annotations

from waterplan.base.errors import WaterplanError
from waterplan.base.messages import Message


class TooFewPlantsError(WaterplanError):
    """A method that compares plants was given too few of them.

    method: ``frontier`` or ``peers``. given, needed: numbers of plants.
    """

    exit_code = 8

    def __init__(self, method: str, given: int, needed: int):
        self.method, self.given, self.needed = method, given, needed
        super().__init__(Message(f"grades.too_few_{method}", given=given, needed=needed))
