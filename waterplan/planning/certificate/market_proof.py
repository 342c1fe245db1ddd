"""That enterprises can do by themselves what a plan says of them, and that nothing pays better for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from waterplan.planning.certificate.accounts import SPENT, cost_lines, keep_book, savings
from waterplan.planning.certificate.allowances import Limit, at_least, at_most, check_limits
from waterplan.planning.certificate.bound import lower_bound, market_prices
from waterplan.planning.certificate.coefficients import Coefficients
from waterplan.planning.certificate.decision_rows import read_market
from waterplan.planning.certificate.readings import GROUP
from waterplan.planning.certificate.stage_starts import Stage, base_state, start_from
from waterplan.planning.certificate.statement import Statement
from waterplan.planning.certificate.tables import Tables

GAP_MAX = 1e-6  # of gross cost
TIE_BREAK_MAX = 1e-6  # CNY/m3
ALWAYS_SO = ("saving_meets_target", "saving_reaches", "capacity_")  # without target, floors and caps


def prove_market(plan: Statement, tables: Tables, coefficients: Coefficients) -> tuple[Stage, list[Limit]]:
    """What enterprises do by themselves from the base year's plants, and its limits: each is kept, and no other
    choices cost them less, whatever else a plan asks for."""
    own = tables.of_market
    start = start_from(own, coefficients, base_state(coefficients, len(tables.labels[GROUP])))
    stage = Stage.of(own, coefficients, start, read_market(plan, own, coefficients))
    book = keep_book(own, stage.book)
    lines = cost_lines(own, book, own.levers.perspective)
    cost, gross = float(lines.sum()), float(np.maximum(lines[: len(SPENT)], 0.0).sum())
    scale = max(gross, abs(cost), coefficients.unit)
    proven = lower_bound(market_prices(plan, own), own, coefficients, start)
    most = TIE_BREAK_MAX * float(start.largest.sum())
    limits = [
        *(limit for limit in check_limits(stage, savings(stage, book)) if not limit.name.startswith(ALWAYS_SO)),
        at_least("no_price_is_negative", plan["market_pool_price"].ravel(), 0.0, 1.0),
        at_most("cost_meets_the_lower_bound_of_its_prices", cost, proven + most, scale),
        at_least("no_lower_bound_of_prices_passes_the_cost", cost, proven, scale),
    ]
    return stage, [replace(limit, name=f"market_{limit.name}") for limit in limits]
