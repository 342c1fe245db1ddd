"""The form of one plant: what it asks for, and what was filled in as a table for ``read_table``; and an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waterplan import Study
from waterplan.base.messages import in_language
from waterplan.base.vocabulary import of_kind, term

TEXT_MAX, PRODUCTS_MAX, TECHNOLOGIES_MAX = 200, 12, 120
SOURCES = tuple(found.name for found in of_kind("record") if found.name.startswith("withdrawal_"))
GROUPS: dict[str, tuple[str, ...]] = {
    "sources": SOURCES,
    "ways_out": ("consumed", "discharged", "leaked", "domestic"),
    "reuse": (
        "cooling_recirculated", "cooling_makeup", "process_recirculated", "reused_in_series", "effluent_reused",
        "steam_produced", "condensate_returned",
    ),
    "money": (
        "value_added", "plant_water_price", "plant_resource_fee", "plant_sewage_fee", "plant_electricity_price",
        "plant_heat_price",
    ),
}  # fmt: skip
TEN_THOUSAND = "10^4"
UNITS = {  # as headings say them
    "m3": {"en": "m3", "zh": "m³"},
    "10^4 m3": {"en": "10^4 m3", "zh": "万m³"},
    "value_added": {"en": "10^4 CNY", "zh": "万元"},
    "plant_electricity_price": {"en": "CNY/kWh", "zh": "元/kWh"},
    "plant_heat_price": {"en": "CNY/GJ", "zh": "元/GJ"},
    "price": {"en": "CNY/m3", "zh": "元/m³"},
}
TERM_OF = {"output": "plant_output", "withdrawal": "product_withdrawal"}
OUTPUT_UNIT = {"en": "output unit", "zh": "产量单位"}

EXAMPLE: dict[str, Any] = {
    "plant": {"en": "Example paper mill", "zh": "示例造纸厂"},
    "year": "2022",
    "province": "hebei",
    "volume": "10^4 m3",
    "values": {
        "withdrawal_surface": "310", "withdrawal_ground": "64", "withdrawal_public_supply": "86",
        "withdrawal_reclaimed": "45", "consumed": "118", "discharged": "357", "leaked": "19", "domestic": "9",
        "cooling_recirculated": "2150", "cooling_makeup": "62", "process_recirculated": "940", "reused_in_series": "75",
        "effluent_reused": "58", "steam_produced": "96", "condensate_returned": "52", "value_added": "61000",
        "plant_water_price": "4.6", "plant_electricity_price": "0.62",
    },
    "products": [
        {"product": "linerboard", "output": "20", "scale": "10^4", "withdrawal": "268", "variant": ""},
        {"product": "corrugating_medium", "output": "15", "scale": "10^4", "withdrawal": "183", "variant": ""},
    ],
    "technologies": ["smart_metering_management", "domestic_fixtures"],
}  # fmt: skip


def asked(study: Study, language: str) -> dict[str, Any]:
    """What the browser needs to draw the form: groups of volumes, units of products, variants, what is listed where."""
    norms = study.norms
    variants: dict[str, list[list[str]]] = {}
    for product, variant in zip(norms["product"], norms["variant"], strict=True):
        if isinstance(variant, str) and variant:
            named = [variant, str(in_language(study.variant_name(variant), language))]
            if named not in variants.setdefault(str(product), []):
                variants[str(product)].append(named)
    saves = study.values["saving_fraction"].notnull().any("end_use").transpose("product", "technology").values
    products = [str(name) for name in study.values["product"].values]
    return {
        "groups": {name: list(fields) for name, fields in GROUPS.items()},
        "units": {str(name): str(unit) for name, unit in study.products["output_unit"].items()},
        "variants": variants,
        "technologies": [str(name) for name in study.values["technology"].values],
        "listed": {name: saves[n].nonzero()[0].tolist() for n, name in enumerate(products)},
        "meanings": {one.name: one.meaning(language) for kind in ("record", "indicator") for one in of_kind(kind)},
        "example": example(language),
        "output_unit": OUTPUT_UNIT[language],
    }


def example(language: str) -> dict[str, Any]:
    """A plant that does not exist, as the form holds it."""
    return {**EXAMPLE, "plant": EXAMPLE["plant"][language]}


def cleaned(form: Any) -> dict[str, Any]:
    """A form as it came from outside, with nothing in it but short texts. Raises ValueError for what is no form."""
    if not isinstance(form, Mapping):
        raise ValueError(type(form))
    values, products, technologies = (form.get(name) or {} for name in ("values", "products", "technologies"))
    if not isinstance(values, Mapping):
        raise ValueError(type(form))
    fields = {name for group in GROUPS.values() for name in group}
    return {
        **{name: _text(form.get(name)) for name in ("plant", "year", "province", "volume")},
        "values": {name: _text(values[name]) for name in fields if _text(values.get(name))},
        "products": [
            {key: _text(row.get(key)) for key in ("product", "output", "scale", "withdrawal", "variant", "route")}
            for row in list(products)[:PRODUCTS_MAX]
            if isinstance(row, Mapping)
        ],
        "technologies": [_text(name) for name in list(technologies)[:TECHNOLOGIES_MAX] if _text(name)],
    }


def table_of(form: Mapping[str, Any], study: Study, language: str) -> dict[str, list[str]]:
    """The form as a table with the template's headings, a row for each product; what is empty stays empty."""
    products = form["products"] or [{}]
    volume = UNITS["10^4 m3" if form["volume"] == "10^4 m3" else "m3"][language]

    def once(text: str) -> list[str]:
        return [text, *[""] * (len(products) - 1)]

    def of_each(key: str) -> list[str]:
        return [row.get(key, "") for row in products]

    columns = {
        heading("plant", language): [form["plant"]] * len(products),
        heading("year", language): [form["year"]] * len(products),
        heading("province", language): once(form["province"]),
    }
    for group in GROUPS.values():
        for name in group:
            if form["values"].get(name) or name == "consumed":
                unit = volume if term(name).unit == "m3/a" else UNITS.get(name, UNITS["price"])[language]
                columns[heading(name, language, unit)] = once(form["values"].get(name, ""))
    columns[heading("product", language)] = of_each("product")
    columns[heading("route", language)] = of_each("route")
    columns[heading("variant", language)] = of_each("variant")
    columns[heading("output", language)] = of_each("output")
    columns[OUTPUT_UNIT[language]] = [_output_unit(row, study, language) for row in products]
    columns[heading("withdrawal", language, volume)] = of_each("withdrawal")
    columns[heading("technology", language)] = ["; ".join(form["technologies"])] * len(products)
    return columns


def heading(name: str, language: str, unit: str = "") -> str:
    """The template's heading of a column.

    >>> heading("consumed", "en", "m3")
    'consumed (m3)'
    """
    label = term(TERM_OF.get(name, name)).label(language)
    return f"{label} ({unit})" if unit else label


def _output_unit(row: Mapping[str, str], study: Study, language: str) -> str:
    unit = str(study.products["output_unit"].get(row.get("product", ""), ""))
    if row.get("scale") != TEN_THOUSAND or not unit:
        return unit
    return f"万{unit}" if language == "zh" and not unit[0].isdigit() else f"{TEN_THOUSAND} {unit}"


def _text(value: Any) -> str:
    return str(value)[:TEXT_MAX].strip() if isinstance(value, str | int | float) else ""
