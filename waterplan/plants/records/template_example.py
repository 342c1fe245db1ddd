"""The plant that the template shows as an example: made up, with a balance that closes."""

from __future__ import annotations

from waterplan.base.texts import Texts
from waterplan.plants.records.template_columns import PARTS
from waterplan.study.study import Study

YEAR = 2020
VOLUMES = {  # 10^4 m3: 120 + 30 + 50 = 110 + 80 + 10
    "withdrawal_surface": 120.0, "withdrawal_public_supply": 30.0, "withdrawal_reclaimed": 50.0,
    "withdrawal_ground": 0.0, "cooling_recirculated": 9500.0, "cooling_makeup": 140.0, "reused_in_series": 60.0,
    "effluent_reused": 40.0, "process_recirculated": 700.0, "steam_produced": 20.0, "condensate_returned": 12.0,
    "consumed": 110.0, "discharged": 80.0, "leaked": 10.0, "domestic": 4.0,
}  # fmt: skip
VALUE_ADDED = 25_000.0  # 10^4 CNY
TARIFFS = {"plant_water_price": 4.1, "plant_resource_fee": 0.4, "plant_sewage_fee": 1.4, "plant_electricity_price": 0.6,
           "plant_heat_price": 60.0}  # fmt: skip
OUTPUT = 20.0  # 10^4 of the product's unit
METERED = 90.0  # 10^4 m3
Row = dict[str, str | float]


def example(study: Study, language: str) -> dict[str, list[Row]]:
    """Sheet -> rows, by names of columns, in the units of the template."""
    ten_thousand = 1.0 if language == "zh" else 1e4
    key: Row = {"plant": Texts("plants", language)("template_example_plant"), "year": float(YEAR)}
    place = str(study.provinces[f"name_{language}"].iloc[0])
    amounts = {name: value * ten_thousand for name, value in VOLUMES.items()}
    site = key | {"province": place, **amounts, "value_added": VALUE_ADDED * ten_thousand, **TARIFFS}
    product = str(study.products.index[0])
    named: Row = {"product": str(study.products.loc[product, f"name_{language}"])}
    unit = str(study.products.loc[product, "output_unit"])
    output: Row = {"output": OUTPUT * ten_thousand, "output_unit": f"万{unit}" if language == "zh" else unit}
    technology: Row = {"technology": str(study.technologies[f"name_{language}"].iloc[0])}
    shares = study.values["end_use_share"].sel(product=product).dropna("end_use")
    ends = [
        key | named | {"end_use": str(study.end_uses.loc[end_use, f"name_{language}"]), "share": float(share)}
        for end_use, share in zip(shares["end_use"].values.tolist(), shares.values.tolist(), strict=True)
    ]
    made = key | named | output | {"withdrawal": METERED * ten_thousand}
    return dict(zip(PARTS, ([site], [made], [key | named | technology], ends), strict=True))
