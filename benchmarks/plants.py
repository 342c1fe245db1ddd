"""Records of 100,000 plant-years read, checked, graded, ranked and scored, beside merely reading the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import shown, table, timed, times

from waterplan.base.vocabulary import term
from waterplan.plants.norms.ladders import GRADES, ladders
from waterplan.plants.records.headers import label
from waterplan.plants.records.reader import read_records
from waterplan.plants.standing.benchmark import benchmark
from waterplan.study.study import Study

PLANT_YEARS, YEARS = 100_000, (2015, 2016, 2017, 2018, 2019)
ALLOWED = 3.0  # times what pandas needs to read the file
SHARES = {  # of the withdrawal
    "withdrawal_surface": 0.5, "withdrawal_ground": 0.2, "withdrawal_public_supply": 0.2, "withdrawal_purchased": 0.01,
    "withdrawal_reclaimed": 0.05, "withdrawal_mine": 0.02, "withdrawal_sea": 0.0, "withdrawal_brackish": 0.0,
    "withdrawal_rain": 0.02, "cooling_recirculated": 8.0, "cooling_makeup": 0.2, "process_recirculated": 1.0,
    "reused_in_series": 0.1, "effluent_reused": 0.1, "steam_produced": 0.3, "condensate_returned": 0.2,
    "consumed": 0.6, "discharged": 0.35, "leaked": 0.03, "domestic": 0.02,
}  # fmt: skip
TARIFFS = {"water_price": 4.1, "resource_fee": 0.4, "sewage_fee": 1.4, "electricity_price": 0.7, "heat_price": 0.05}


def write_plants(path: Path, study: Study, count: int = PLANT_YEARS, seed: int = 3) -> None:
    """A file with every column of the template: one-product plants around their norms, each in five years."""
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
    columns["withdrawal of the product (m3)"] = np.round(0.9 * withdrawal, 1)
    columns |= {f"{label(name, 'en')} (m3)": np.round(share * withdrawal, 1) for name, share in SHARES.items()}
    columns["value added (10^4 CNY)"] = np.round(random.lognormal(8, 1, len(choice)), 2)
    for name, price in TARIFFS.items():
        term_of = f"plant_{name}"
        columns[f"{label(term_of, 'en')} ({term(term_of).unit})"] = np.round(
            price * random.uniform(0.8, 1.2, len(choice)), 3
        )
    columns["technologies in place"] = np.where(plant % 4, "", "smart_metering_management")
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
