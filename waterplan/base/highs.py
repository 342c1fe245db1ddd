"""HiGHS as waterplan asks it everywhere: quiet, on one thread, and with every coefficient that it is given."""

from __future__ import annotations

import highspy

from waterplan.base.errors import SolverError
from waterplan.base.messages import Message

SMALLEST = 1e-12  # a coefficient below this is nothing to HiGHS, which allows no less; its own default is 1e-9


class QuietHighs(highspy.Highs):
    """HiGHS that does not print its name on standard output before it can be told not to."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()
        super().enableCallbacks()


def quiet_highs(**options: object) -> QuietHighs:
    """A HiGHS with these options beside the usual ones. Raises SolverError for an option that it does not take.

    Small coefficients count: a cap of 6e-10 of a flow is a cap, and not none at all.
    """
    highs = QuietHighs()
    usual = {"output_flag": False, "threads": 1, "parallel": "off", "small_matrix_value": SMALLEST}
    for name, value in {**usual, **options}.items():
        if highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(Message("errors.highs_option", name=name, value=repr(value)))
    return highs
