"""What a reader should know of a scenario's overrides: totals that move, figures set twice or without effect."""

from __future__ import annotations

import numpy as np

from waterplan.base.texts import Texts
from waterplan.base.vocabulary import term
from waterplan.study.scenario.overrides import Override
from waterplan.study.scenario.own_study import apply, cells_of
from waterplan.study.study import Study
from waterplan.study.tables.tolerances import ROUNDING

ROOM = "overrides"


def remarks(study: Study, overrides: tuple[Override, ...], language: str = "en") -> list[str]:
    """Sentences about overrides in a language. Raises ScenarioError with everything that is wrong with them."""
    return [
        *_without_effect(overrides, language),
        *_totals(study, overrides, language),
        *_again(study, overrides, language),
    ]


def _without_effect(overrides: tuple[Override, ...], language: str) -> list[str]:
    say = Texts(ROOM, language)
    names = [name for name in dict.fromkeys(override.name for override in overrides) if not term(name).acts_on]
    return [say("national_output" if name == "national_output" else "no_effect", name=name) for name in names]


def _totals(study: Study, overrides: tuple[Override, ...], language: str) -> list[str]:
    """The optimisation counts provincial output only, so an override of it changes the total."""
    if all(override.name != "output" for override in overrides):
        return []
    say, sentences = Texts(ROOM, language), []
    before, after = (values["output"].sum("province") for values in (study.values, apply(study, overrides).values))
    for n in np.flatnonzero(np.abs(after.values - before.values) > ROUNDING * before.values):
        told = {"unit": study.products["output_unit"].iloc[n], "product": str(before["product"].values[n])}
        sentences.append(say("total", before=f"{before.values[n]:.6g}", after=f"{after.values[n]:.6g}", **told))
    return sentences


def _again(study: Study, overrides: tuple[Override, ...], language: str) -> list[str]:
    """Figures that one file sets and sets again: the later stands, a factor multiplies."""
    say = Texts(ROOM, language)
    last: dict[tuple[str, str], dict[tuple[int, ...], Override]] = {}
    found: dict[tuple[int, int], tuple[Override, Override, int]] = {}
    for override in overrides:
        known = last.setdefault((override.file, override.name), {})
        for cell in cells_of(study, override):
            if cell in known:
                pair = id(known[cell]), id(override)
                found[pair] = (known[cell], override, found.get(pair, (None, None, 0))[2] + 1)
            known[cell] = override
    return [
        say("again" if over.factor is None else "multiplied", name=one.name, one=one.place, other=over.place, count=n)
        for one, over, n in found.values()
    ]
