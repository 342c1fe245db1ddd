"""Too few plants for a method: it refuses, and says how many it needs."""

from __future__ import annotations

from waterplan.base.errors import WaterplanError
from waterplan.base.texts import Texts


class TooFewPlantsError(WaterplanError):
    """A method that compares plants was given too few of them.

    method: ``frontier`` or ``peers``. given, needed: numbers of plants.
    """

    exit_code = 8

    def __init__(self, method: str, given: int, needed: int):
        self.method, self.given, self.needed = method, given, needed
        super().__init__(self.sentence("en"))

    def sentence(self, language: str) -> str:
        """What is missing, in a language."""
        say = Texts("grades", language)
        return say(f"too_few_{self.method}", given=self.given, needed=self.needed)
