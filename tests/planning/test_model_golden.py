"""The LP of the tiny study as text, for a reviewer to read and to compare.

After a change that is meant: ``PYTHONPATH=tests/support python tests/planning/test_model_golden.py`` writes it anew.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from places import TESTS, TINY
from solving import given_of, levers_of
from staging import Stage, tell_plainly

from waterplan.planning.model.build import EQUATIONS, build_model
from waterplan.study.study import Study

GOLDEN = TESTS / "golden" / "tiny.lp"
STAGE = TESTS / "golden" / "tiny_stage.lp"  # the same from a state, with all limits that there are
NUMBER = re.compile(r"[+-]?\d+\.\d+(?:e[+-]\d+)?|[+-]?\d+e[+-]\d+")


def lp_text(study, folder):
    """The LP with every limit on the whole set, its numbers to nine digits."""
    sector, province, technology = study.sectors.index[0], study.provinces.index[-1], study.technologies.index
    levers = levers_of(
        study,
        sector_floor={sector: 0.05},
        province_floor={province: 0.05},
        technology_floor={technology[0]: 0.1},
        technology_cap={technology[-1]: 0.9},
        investment_cap=500.0,
        electricity_cap=50.0,
    )
    return text_of(given_of(study, levers), folder)


def stage_text(folder):
    """The LP of a stage that starts where each technology has a tenth of what is possible; the study tells all."""
    limits = {"sector_floor": {"paper": 0.05}, "value_added_cut": 0.1, "non_conventional_min": {"north": 0.02}}
    whence = {"baseline": "turnover", "count_from": "baseline", "saving_target": 40}
    begun = Stage.of(tell_plainly(Path(folder) / "whole").read(), **limits, **whence)
    return text_of(begun.after(begun.a_tenth()).given, folder)


def text_of(g, folder):
    model = build_model(g.structure, g.flows, g.prices, g.values, g.levers)
    path = Path(folder) / "tiny.lp"
    model.write(str(path), io_options={"symbolic_solver_labels": True})
    return NUMBER.sub(lambda number: f"{float(number[0]):+.9g}", path.read_text(encoding="utf-8"))


def test_the_lp_of_the_tiny_study_is_the_reviewed_one(tiny, tmp_path):
    assert lp_text(tiny, tmp_path) == GOLDEN.read_text(encoding="utf-8"), (
        "meant? then: PYTHONPATH=tests/support python tests/planning/test_model_golden.py"
    )


def test_the_lp_of_a_stage_of_the_tiny_study_is_the_reviewed_one(tmp_path):
    assert stage_text(tmp_path) == STAGE.read_text(encoding="utf-8"), (
        "meant? then: PYTHONPATH=tests/support python tests/planning/test_model_golden.py"
    )


@pytest.mark.parametrize("family", [equation.__name__ for equation in EQUATIONS])
def test_every_family_of_equations_stands_in_the_text(family):
    assert any(f"_{family}" in path.read_text(encoding="utf-8") for path in (GOLDEN, STAGE))


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        GOLDEN.write_text(lp_text(Study.read(TINY), folder), encoding="utf-8")
        STAGE.write_text(stage_text(folder), encoding="utf-8")
