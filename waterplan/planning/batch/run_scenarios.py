"""A run written out as scenario files, so that ``waterplan plan`` gives its plan."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import tomli_w

from waterplan.base.errors import OutputError, Problem
from waterplan.base.messages import Message
from waterplan.base.plain_files import read_plain
from waterplan.base.vocabulary import of_kind
from waterplan.base.whole_files import write_together
from waterplan.planning.batch.triangular import Array
from waterplan.study.scenario import Scenario, apply_overrides
from waterplan.study.study import Study

ROWS_IN_A_FILE = 3000  # a scenario file has at most a million bytes


def write_scenario(
    folder: Path, run: int, scenario: Scenario, study: Study, values: dict[str, Array] | None, digest: str
) -> Path:
    """Writes ``run-N.toml`` and, where figures are drawn, the files with them that it extends.

    Raises OutputError where another file of such a name stands, or it cannot be written.
    """
    title = scenario.title or f"Run {run}"
    content = replace(scenario, title=title).to_mapping()
    path = folder / f"run-{run}.toml"
    tables = [] if values is None else list(drawn_tables(study, scenario, values, f"run {run} of a batch, {digest}"))
    below, contents = "", dict[str, bytes]()
    for number in range(0, len(tables), ROWS_IN_A_FILE):
        name = f"run-{run}-figures-{number // ROWS_IN_A_FILE + 1}.toml"
        part: dict[str, object] = {"title": f"Figures of run {run}", "set": tables[number : number + ROWS_IN_A_FILE]}
        contents[name] = _dumped({"extends": below, **part} if below else part).encode()
        below = name
    if values is not None:
        content.pop("set", None)  # the figures drawn have taken the place of all overrides
    contents[path.name] = tomli_w.dumps({"extends": below, **content} if below else content).encode()
    _refuse_to_replace(folder, contents)
    write_together(folder, contents)
    return path


def _refuse_to_replace(folder: Path, contents: Mapping[str, bytes]) -> None:
    """What is not the same stays, such as a scenario of the user. Raises OutputError."""
    others = [folder / name for name, content in contents.items() if not _is(folder / name, content)]
    if others:
        raise OutputError([Problem(str(path), 0, "", Message("store_errors.run_stands")) for path in others])


def _is(path: Path, content: bytes) -> bool:
    """Whether nothing stands there, or a file of this content."""
    try:
        return not os.path.lexists(path) or read_plain(path, len(content)) == content
    except OSError:
        return False


def drawn_tables(
    study: Study, scenario: Scenario, values: dict[str, Array], source: str
) -> Iterator[dict[str, object]]:
    """The ``[[set]]`` tables that turn a study into these values."""
    now = apply_overrides(study, Scenario())
    units = study.products["output_unit"].astype(str).tolist()
    for item in of_kind("input"):
        before = np.asarray(now[item.name].values, dtype=float)
        differ = ~np.isclose(values[item.name], before, rtol=0.0, atol=0.0, equal_nan=True)
        for cell in zip(*np.nonzero(differ), strict=True) if item.dims else ([()] if differ else []):
            where = {dim: str(now[dim].values[n]) for dim, n in zip(item.dims, cell, strict=True)}
            unit = item.unit_of(units[int(cell[item.dims.index("product")])]) if "product" in item.dims else item.unit
            value = float(values[item.name][tuple(cell)])
            yield {"name": item.name, "where": where, "value": value, "unit": unit, "source": source}


def _dumped(content: dict[str, object]) -> str:
    """TOML with one override a line: a third of the bytes."""
    tables = content.pop("set")
    lines = [", ".join(f"{key} = {_inline(value)}" for key, value in t.items() if value != {}) for t in tables]  # type: ignore[attr-defined]
    return tomli_w.dumps(content) + "set = [\n" + "".join(f"  {{ {line} }},\n" for line in lines) + "]\n"


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + " }"
    return tomli_w.dumps({"v": value}).partition(" = ")[2].strip()
