"""Why technologies are in a plan or out of it, in a word each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from waterplan import told_cause


def states_by_technology(table: pd.DataFrame, duals: Any) -> dict[str, dict[str, Any]]:
    """Of each technology: whether it is in, its weightiest cause, what holds back the rest, the rival, and in how many
    of the sectors where it is listed it is used.

    table: of :func:`waterplan.states`; duals: of the same plan.
    """
    found = {}
    for technology, rows in table.groupby("technology", sort=False):
        used = rows[rows["capacity"] > 0] if rows["state"].isin(["in", "partly"]).any() else rows[:0]
        used = used[used["state"].isin(["in", "partly"])]
        here, weight = (used, "capacity") if len(used) else (rows, "largest")
        chief = here.sort_values(weight, ascending=False, kind="stable").iloc[0]
        partly = rows[rows["rest"] != ""].assign(left=lambda one: one["largest"] - one["capacity"])
        rest = str(partly.sort_values("left", ascending=False, kind="stable")["rest"].iloc[0]) if len(partly) else ""
        found[str(technology)] = {
            "is_in": bool(len(used)),
            "cause": told_cause(str(chief["cause"]), duals),
            "rest": rest,
            "rival": str(chief["rival"]),
            "sectors": [len(used), len(rows)],
            "largest": float(rows["largest"].sum()),
        }
    return found
