"""What a reader should know of a scenario's overrides: totals that move, figures set twice or without effect."""

from __future__ import annotations

import numpy as np

from waterplan.base.messages import Message
from waterplan.base.vocabulary import term
from waterplan.study.scenario.overrides import Override
from waterplan.study.scenario.own_study import apply, cells_of
from waterplan.study.study import Study
from waterplan.study.tables.tolerances import ROUNDING


def remarks(study: Study, overrides: tuple[Override, ...]) -> list[Message]:
    """Sentences about overrides. Raises ScenarioError with everything that is wrong with them."""
    return [*_without_effect(overrides), *_totals(study, overrides), *_again(study, overrides)]


def _without_effect(overrides: tuple[Override, ...]) -> list[Message]:
    names = [name for name in dict.fromkeys(override.name for override in overrides) if not term(name).acts_on]
    keys = {"national_output": "overrides.national_output"}
    return [Message(keys.get(name, "overrides.no_effect"), name=name) for name in names]


def _totals(study: Study, overrides: tuple[Override, ...]) -> list[Message]:
    """The optimisation counts provincial output only, so an override of it changes the total."""
    if all(override.name != "output" for override in overrides):
        return []
    sentences = []
    before, after = (
        np.nansum(values["output"], axis=1)
        for values in (study.numbers["value"], apply(study, overrides).part("value"))
    )
    for n in np.flatnonzero(np.abs(after - before) > ROUNDING * before):
        told = {"unit": str(study.column("products", "output_unit")[n]), "product": study.labels["product"][n]}
        totals = {"before": f"{before[n]:.6g}", "after": f"{after[n]:.6g}"}
        sentences.append(Message("overrides.total", **totals, **told))
    return sentences


def _again(study: Study, overrides: tuple[Override, ...]) -> list[Message]:
    """Figures that one file sets and sets again: the later stands, a factor multiplies."""
    last: dict[tuple[str, str], dict[tuple[int, ...], Override]] = {}
    found: dict[tuple[int, int], tuple[Override, Override, int]] = {}
    for override in overrides:
        known = last.setdefault((override.file, override.name), {})
        for cell in cells_of(study, override):
            if cell in known:
                pair = id(known[cell]), id(override)
                found[pair] = (known[cell], override, found.get(pair, (None, None, 0))[2] + 1)
            known[cell] = override
    keys = {True: "overrides.again", False: "overrides.multiplied"}
    return [
        Message(keys[over.factor is None], name=one.name, one=one.place, other=over.place, count=n)
        for one, over, n in found.values()
    ]
