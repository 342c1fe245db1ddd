"""Why technologies are in a plan or out of it, in a word each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from waterplan.planning.explain.causes import told_cause


def states_by_technology(table: pd.DataFrame, duals: Any) -> dict[str, dict[str, Any]]:
    """Of each technology: whether it is in, its weightiest cause, what holds back the rest, the rival, and in how many
    of the sectors where it is listed it is used.

    table: of :func:`states`; duals: of the same plan.
    """
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        rows_of.setdefault(str(row["technology"]), []).append({str(name): value for name, value in row.items()})
    return {technology: _state(rows_of[technology], duals) for technology in sorted(rows_of)}


def _state(rows: list[dict[str, Any]], duals: Any) -> dict[str, Any]:
    used = [row for row in rows if row["state"] in ("in", "partly") and row["capacity"] > 0]
    chief = max(used, key=lambda row: row["capacity"]) if used else max(rows, key=lambda row: row["largest"])
    partly = [row for row in rows if row["rest"]]
    rest = max(partly, key=lambda row: row["largest"] - row["capacity"])["rest"] if partly else ""
    return {
        "is_in": bool(used),
        "cause": told_cause(str(chief["cause"]), duals),
        "rest": str(rest),
        "rival": str(chief["rival"]),
        "sectors": [len(used), len(rows)],
        "largest": float(sum(row["largest"] for row in rows)),
    }
