"""Payback, net present value and internal rate of return, each by one convention that is said here.

Of equipment with different lifetimes (a plan): whatever wears out is replaced at the same price, so an investment is a
yearly payment of ``crf(rate, lifetime)``. Net present value is that of the yearly net benefit over a horizon, and the
internal rate is the one at which benefit and payments balance; it does not depend on the horizon. For one technology
over its own lifetime both are the textbook figures. Of yearly cash flows (a contract): the flow of year t falls at the
end of year t, year 0 is the start. Money is of one price year, rates are real.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from waterplan.planning.model.flows import Array
from waterplan.planning.model.prices import capital_recovery_factor

RATE_LOWEST, RATE_HIGHEST = -0.99, 1e6
RATE_TOLERANCE = 1e-12


def payback(outlay: float, net_benefit: float) -> float:
    """Simple payback [a]: outlay over yearly net benefit before capital cost; infinite if there is no benefit.

    >>> payback(100.0, 25.0)
    4.0
    """
    return 0.0 if outlay <= 0 else outlay / net_benefit if net_benefit > 0 else math.inf


def present_value(outlay: Array, lifetime: Array, net_benefit: float, rate: float, horizon: float) -> float:
    r"""Net present value of equipment that is replaced as it wears out [CNY].

    .. math:: \frac{\mathrm{net\_benefit} - \sum_t \mathrm{crf}(i, n_t) \, \mathrm{outlay}_t}{\mathrm{crf}(i, H)}

    >>> round(present_value(np.array([100.0]), np.array([10.0]), 20.0, 0.0, 10.0), 9)
    100.0
    """
    yearly = float((capital_recovery_factor(rate, lifetime) * outlay).sum())
    return (net_benefit - yearly) / float(capital_recovery_factor(rate, np.array([horizon]))[0])


def internal_rate(outlay: Array, lifetime: Array, net_benefit: float) -> float:
    """Rate at which the yearly payments for the outlay equal the net benefit [1/a].

    NaN without any net benefit (no rate balances it), infinite where nothing is paid for it.

    >>> round(internal_rate(np.array([100.0]), np.array([1.0]), 110.0), 9)
    0.1
    """
    if not net_benefit > 0:
        return math.nan
    if not outlay.sum() > 0:
        return math.inf

    def missing(rate: float) -> float:
        return float((capital_recovery_factor(rate, lifetime) * outlay).sum()) - net_benefit

    if missing(RATE_LOWEST) > 0:
        return math.nan
    return float(brentq(missing, RATE_LOWEST, net_benefit / float(outlay.sum()) + 1.0, xtol=RATE_TOLERANCE))


def present_value_of_flows(flows: Array, rate: float) -> float:
    """Net present value of yearly cash flows, the first at the start [CNY].

    >>> present_value_of_flows(np.array([-100.0, 110.0]), 0.1) < 1e-9
    True
    """
    return float((flows / (1 + rate) ** np.arange(len(flows))).sum())


def internal_rate_of_flows(flows: Array) -> float:
    """Internal rate of return of yearly cash flows [1/a]; NaN unless money is first paid and then, for good, earned.

    >>> round(internal_rate_of_flows(np.array([-100.0, 60.0, 60.0])), 4)
    0.1307
    """
    signs = np.sign(flows[flows != 0])
    if len(signs) < 2 or signs[0] > 0 or (np.diff(signs) != 0).sum() != 1:
        return math.nan
    low, high = RATE_LOWEST, 1.0
    while present_value_of_flows(flows, high) > 0:
        high *= 10
        if high > RATE_HIGHEST:
            return math.inf
    if present_value_of_flows(flows, low) < 0:
        return math.nan
    return float(brentq(lambda rate: present_value_of_flows(flows, rate), low, high, xtol=RATE_TOLERANCE))
