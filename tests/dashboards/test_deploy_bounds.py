"""The table of what the server bounds says the numbers that the pages run with."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from places import ROOT

pytest.importorskip("panel")

from dashboards import bounds, gate, link, packed, state, turns, wire
from dashboards.jobs import BOUNDS, LOOK, MOVE, ORDER, PLANT, POOL, REPORT, WORK
from dashboards.pages import intake
from waterplan.study.scenario.overrides import OVERRIDES_MAX

DEPLOY = ROOT / "docs" / "deploy.md"
KB, MB, MIB = 1e3, 1e6, 2**20
FIGURES = {  # what a row bounds: numbers in it
    "connections that are no websockets": [bounds.CONNECTIONS_MAX],
    "a request's header": [bounds.HEADER_SECONDS, bounds.BODY_MAX / KB],
    "an answer that is not taken": [bounds.ANSWER_SECONDS],
    "sessions": [bounds.SESSIONS_MAX, bounds.UNUSED_MAX],
    "new pages": [bounds.PAGES_PER_SECOND, bounds.PAGES_AT_ONCE],
    "websockets": [bounds.PING_SECONDS],
    "a websocket message": [bounds.MESSAGE_MAX / MB, wire.MARKS_MAX, wire.DEPTH_MAX],
    "websockets that one visitor opens": [bounds.OPENS_PER_SECOND, bounds.OPENS_AT_ONCE],
    "messages and bytes of one visitor": [
        bounds.MESSAGES_PER_SECOND, bounds.MESSAGES_AT_ONCE, bounds.BYTES_PER_SECOND / MB, bounds.BYTES_AT_ONCE / MB,
    ],
    "a longer message of ours": [bounds.PARTS_MAX / MB],
    "jobs of one visitor that wait": [BOUNDS[lane].waiting for lane in (MOVE, LOOK, WORK, PLANT)],
    "orders of one visitor that wait": [BOUNDS[lane].waiting for lane in (ORDER, REPORT, POOL)],
    "a link": [link.LINK_MAX],
    "a scenario file on the pages": [intake.FILE_MAX / KB, packed.OVERRIDES_MAX, OVERRIDES_MAX],
    "files on the Benchmark page": [bounds.PLANT_FILE_MAX / MIB, bounds.FILES_MAX / MB],
    "what was read of those files": [bounds.CELLS_MAX / MB],
    "all messages together": [
        bounds.EARLY_PER_QUIET, bounds.EARLY_SECONDS, bounds.EARLY_PER_SECOND, bounds.EARLY_AT_ONCE,
        bounds.VISITORS_MAX, bounds.VISITORS_MAX,
    ],
    "pinned scenarios": [state.PINS_MAX],
    "steps that can be taken back after a new connection": [state.PAST_MAX],
    "signing in": [turns.WAITING_MAX, turns.PATIENCE, turns.FREE],
    "signing in from a browser that signed in as this name before": [
        turns.TRUSTED, turns.TRUSTED_WAITING, gate.BROWSER_DAYS,
    ],
}  # fmt: skip


def rows() -> dict[str, str]:
    """The rows of the table by what they bound, up to a comma or a bracket."""
    text = DEPLOY.read_text(encoding="utf-8").partition("## What the server bounds")[2].partition("\n## ")[0]
    lines = [line.removeprefix("| ") for line in text.splitlines() if line.startswith("| ")][1:]
    return {re.split(r",| \(| \|", line)[0]: line for line in lines}


@pytest.mark.parametrize("what", FIGURES)
def test_a_row_says_the_numbers_of_the_pages(what):
    """As often as they are there: three lanes of eight are three eights."""
    said = Counter(re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", rows()[what]))
    assert Counter(f"{figure:,g}" for figure in FIGURES[what]) - said == Counter()


def test_every_row_with_numbers_is_held_to_them():
    assert set(rows()) - set(FIGURES) == {"what a message may say"}
