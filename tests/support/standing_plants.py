"""Plants for tests of what is told of a standing: one product, several, none with a norm; with hostile names."""

import numpy as np
import pandas as pd

from waterplan.plants.records.records import Conversion, Records

YEAR = 2017
VOLUMES = (
    "withdrawal_surface", "withdrawal_ground", "withdrawal_public_supply", "withdrawal_purchased",
    "withdrawal_reclaimed", "withdrawal_mine", "withdrawal_sea", "withdrawal_brackish", "withdrawal_rain",
    "cooling_recirculated", "cooling_makeup", "process_recirculated", "reused_in_series", "effluent_reused",
    "steam_produced", "condensate_returned", "consumed", "discharged", "leaked", "domestic", "value_added",
)  # fmt: skip
CHANGED = (
    Conversion("plants.xlsx", "sites", 2, "地表水取水量", "万m³", "× 10000 = m³"),
    Conversion("plants.xlsx", "sites", 2, "外排水量", "１２０", "120"),
    Conversion("plants.xlsx", "products", 2, "产量", "12万t", "120000 t"),
)


def records_of(plant, products, volumes, province="shandong", owner="", in_place=(), tariffs=None, changed=CHANGED):
    """Records of one plant; products: (product, variant, output, withdrawal or None); volumes: name -> m3/a."""
    key = {"plant": plant, "year": YEAR}
    site = key | {"owner": owner or plant, "province": province} | dict.fromkeys(VOLUMES, np.nan) | volumes
    site |= {f"plant_{name}": value for name, value in (tariffs or {}).items()}
    made = [
        key | {"product": name, "route": "", "variant": variant, "output": output, "withdrawal": water}
        for name, variant, output, water in products
    ]
    names = ["plant", "year", "product", "route", "variant", "output", "withdrawal"]
    technologies = [key | {"product": "", "technology": name} for name in in_place]
    return Records(
        sites=pd.DataFrame([site]).set_index(["plant", "year"]),
        products=pd.DataFrame(made, columns=names).astype({"output": float, "withdrawal": float}),
        technologies=pd.DataFrame(technologies, columns=["plant", "year", "product", "technology"]),
        end_use_shares=pd.DataFrame([], columns=["plant", "year", "product", "end_use", "share"]),
        conversions=tuple(changed),
    )


def paper_mill(plant="Riverside Board Mill", output=100_000.0):
    """One product: 100,000 t of linerboard with 2.4 million m3, 24 m3/t."""
    volumes = {
        "withdrawal_surface": 2_000_000.0, "withdrawal_public_supply": 400_000.0, "withdrawal_reclaimed": 150_000.0,
        "cooling_recirculated": 9_800_000.0, "cooling_makeup": 200_000.0, "process_recirculated": 3_100_000.0,
        "reused_in_series": 120_000.0, "effluent_reused": 180_000.0, "consumed": 620_000.0,
        "discharged": 1_790_000.0, "leaked": 60_000.0, "domestic": 40_000.0, "value_added": 310e6,
    }  # fmt: skip
    return records_of(plant, [("linerboard", "", output, None)], volumes, owner="Riverside Group")


def chemical_works(plant="East Bay Chemical Works"):
    """Three products, one of them not metered by itself, and five sources."""
    volumes = {
        "withdrawal_surface": 6_200_000.0, "withdrawal_ground": 900_000.0, "withdrawal_purchased": 300_000.0,
        "withdrawal_reclaimed": 500_000.0, "withdrawal_rain": 60_000.0, "cooling_recirculated": 220e6,
        "cooling_makeup": 4_100_000.0, "process_recirculated": 1_400_000.0, "reused_in_series": 260_000.0,
        "effluent_reused": 410_000.0, "steam_produced": 1_300_000.0, "condensate_returned": 780_000.0,
        "consumed": 4_150_000.0, "discharged": 3_300_000.0, "leaked": 210_000.0, "domestic": 120_000.0,
        "value_added": 1.9e9,
    }  # fmt: skip
    products = [
        ("ammonia_coal", "bituminous", 300_000.0, 4_400_000.0),
        ("urea", "", 450_000.0, 1_650_000.0),
        ("methanol", "coal", 80_000.0, 1_100_000.0),
    ]
    return records_of(plant, products, volumes, province="shandong", owner="East Bay Group")


def without_norm(plant="Clearwater Specialities"):
    """A product of the study for which no grade is known, its water consumed not given."""
    volumes = {"withdrawal_ground": 410_000.0, "discharged": 300_000.0}
    return records_of(plant, [("other_chemicals", "", 0.5, None)], volumes, province="jiangsu", changed=())


def pulp_and_paper(plant="Great Valley Pulp and Paper"):
    """Five products, three of them metered, and much that reading changed."""
    volumes = {
        "withdrawal_surface": 21_000_000.0, "withdrawal_ground": 2_500_000.0, "withdrawal_mine": 800_000.0,
        "cooling_recirculated": 84e6, "cooling_makeup": 2_000_000.0, "process_recirculated": 31e6,
        "reused_in_series": 2_100_000.0, "effluent_reused": 3_800_000.0, "steam_produced": 2_400_000.0,
        "condensate_returned": 1_300_000.0, "consumed": 4_700_000.0, "discharged": 19_100_000.0, "leaked": 400_000.0,
        "domestic": 300_000.0, "value_added": 2.6e9,
    }  # fmt: skip
    products = [
        ("pulp_bleached_wood", "", 250_000.0, 12_000_000.0),
        ("printing_writing", "", 180_000.0, None),
        ("whiteboard", "", 120_000.0, 3_100_000.0),
        ("tissue", "", 60_000.0, None),
        ("specialty_paper", "", 20_000.0, 900_000.0),
    ]
    changed = [*CHANGED, *(Conversion("plants.xlsx", "sites", 2, name, "１,２３４", "1234") for name in VOLUMES[:14])]
    return records_of(plant, products, volumes, province="guangxi", changed=changed)
