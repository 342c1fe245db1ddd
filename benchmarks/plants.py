"""Records of 100,000 plant-years read, checked, graded, ranked and scored, beside merely reading the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import shown, table, timed, times

from waterplan.benchmarking.ladders import GRADES, ladders
from waterplan.benchmarking.reading import read_records
from waterplan.standing.many import benchmark
from waterplan.study import Study

PLANT_YEARS, YEARS = 100_000, (2015, 2016, 2017, 2018, 2019)
ALLOWED = 3.0  # times what pandas needs to read the file
VOLUME_COLUMNS = {  # heading: share of the withdrawal
    "withdrawal from surface water (m3)": 0.5, "withdrawal from groundwater (m3)": 0.2,
    "withdrawal from public supply (m3)": 0.25, "purchased water and steam (m3)": 0.0,
    "withdrawal of reclaimed water (m3)": 0.05, "indirect cooling water recirculated (m3)": 8.0,
    "make-up of indirect cooling (m3)": 0.2, "other water recirculated (m3)": 1.0, "water used in series (m3)": 0.1,
    "effluent reused (m3)": 0.1, "steam produced (m3)": 0.3, "condensate returned (m3)": 0.2, "consumed (m3)": 0.6,
    "discharged (m3)": 0.35, "leaked (m3)": 0.03, "domestic use (m3)": 0.02,
}  # fmt: skip


def write_plants(path: Path, study: Study, count: int = PLANT_YEARS, seed: int = 3) -> None:
    """A file of one-product plants around the norms of their products, each in five years."""
    random = np.random.default_rng(seed)
    known = ladders(study, YEARS[-1])
    choice = random.integers(len(known.names), size=count // len(YEARS)).repeat(len(YEARS))
    norm = np.nanmax(np.where(np.isnan(known.value), -np.inf, known.value), axis=1)[choice]
    product, variant = (np.array([name[side] for name in known.names], dtype=object)[choice] for side in (0, 1))
    output = np.round(random.lognormal(11, 1, len(choice)), 1)
    withdrawal = output * norm * random.lognormal(-0.1, 0.4, len(choice))
    plant = np.arange(count // len(YEARS)).repeat(len(YEARS))
    provinces = study.provinces.index.to_numpy(object)
    columns: dict[str, object] = {
        "plant": [f"Works No. {number}" for number in plant],
        "year": np.tile(YEARS, count // len(YEARS)),
        "owner": [f"Group {number % 5000}" for number in plant],
        "province": provinces[plant % len(provinces)],
        "product": product,
        "process route": np.array(["", "wet", "dry"], dtype=object)[plant % 3],
        "variant of the norm": variant,
        "output": output,
        "output unit": study.products["output_unit"].loc[product].to_numpy(object),
    }
    columns |= {name: np.round(share * withdrawal, 1) for name, share in VOLUME_COLUMNS.items()}
    columns["value added (10^4 CNY)"] = np.round(random.lognormal(8, 1, len(choice)), 2)
    pd.DataFrame(columns).to_csv(path, index=False)


def run(study: Study, quick: bool) -> str:
    """The part of the results; asserts that plants are graded, placed and scored, and that the time is kept to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plants.csv"
        write_plants(path, study)
        size = path.stat().st_size
        answer = benchmark(path, study)
        assert answer.sizes["plant_year"] == PLANT_YEARS
        assert set(answer["product_grade"].values) >= set(GRADES)
        repeats = 3 if quick else 9
        plain = timed(lambda _: pd.read_csv(path), repeats)
        reading = timed(lambda _: read_records(path, study), repeats)
        ours = timed(lambda _: benchmark(path, study), repeats)
    ratio = ours.processor / plain.processor
    rows = [
        ["pandas.read_csv, nothing else", shown(plain.processor), ""],
        ["waterplan, read and checked", shown(reading.processor), times(reading.processor / plain.processor)],
        ["waterplan, graded, ranked and scored too", shown(ours.processor), times(ratio)],
    ]
    lines = table(["what", "processor time", "times pandas"], rows)
    return (
        f"## {PLANT_YEARS:,} plant-years from CSV ({size / 1e6:.0f} MB)\n\n"
        f"Asked for: at most {ALLOWED:g} times pandas; {'kept' if ratio <= ALLOWED else 'not kept'}.\n\n{lines}\n"
    )
