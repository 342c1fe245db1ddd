"""What the tables of a study must have: one declaration for each file, read by the checks and by nothing else.

Value tables take their variables, units and bounds from the data dictionary (vocabulary.csv); here stand only their
keys. A column kind says what a cell may hold:

===========  ================================================================================================
``label``    a name of its own, in a catalogue: letters, digits, ``_ - .``
``of X``     a label of the catalogue X (``of sectors`` ...)
``text``     any text, always text: a leading ``=`` means nothing
``number``   a finite decimal number
``year``     a whole number from 1900 to 2200
``whole``    a whole number from 0 to 1000
``flag``     0 or 1
``unit``     a unit; brought to the canonical one where there is one
===========  ================================================================================================

and a question mark at its end says that the cell may be empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BASES = ("measured", "reported", "estimated", "assumed")
VALUE_COLUMNS = {
    "value": "number",
    "low": "number",
    "high": "number",
    "unit": "unit",
    "basis": "basis",
    "source": "of sources",
    "note": "text?",
}
CATALOGUE_OF = {
    "sector": "sectors",
    "product": "products",
    "province": "provinces",
    "end_use": "end_uses",
    "technology": "technologies",
}
CHOICES = {
    "basis": BASES,
    "level": ("end_use", "site", "supply"),
    "grade": ("leading", "advanced", "access", "limit", "cp1", "cp2", "cp3"),
    "rank": ("national", "provincial", "study"),
    "target_kind": ("target", "outcome"),
    "verified": ("yes", "no"),
}

FILE_BYTES_MAX = 32 * 1024 * 1024
ROWS_MAX = 100_000
LABEL_LENGTH_MAX = 100
TEXT_LENGTH_MAX = 4000
CELLS_MAX = 10_000_000
TECHNOLOGIES_AT_AN_END_USE_MAX = 12


@dataclass(frozen=True)
class Table:
    """One file: its columns with their kinds, what tells its rows apart, and how many it may have.

    form: catalogue (names the labels of a dimension), values (number rows with provenance) or records (reference).
    """

    name: str
    form: str
    columns: dict[str, str]
    keys: tuple[str, ...]
    rows_max: int = ROWS_MAX
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name}.csv"


def _values(name: str, *dims: str, variable: bool = True, pool: bool = False) -> Table:
    keys = (*dims, *(("variable",) if variable else ()))
    columns = {dim: f"of {CATALOGUE_OF[dim]}" for dim in dims}
    columns |= {"pool": "label"} if pool else {}
    columns |= {"variable": "variable"} if variable else {}
    return Table(name, "values", columns | VALUE_COLUMNS, keys)


def _catalogue(name: str, key: str, columns: dict[str, str], rows_max: int = 2000) -> Table:
    return Table(name, "catalogue", {key: "label", **columns}, (key,), rows_max)


NAMES = {"name_en": "text", "name_zh": "text?"}
TABLES = {
    table.name: table
    for table in (
        _catalogue(
            "sources", "source",
            {
                "title": "text", "publisher": "text?", "year": "year?", "url": "text?", "kind": "text",
                "verified": "verified", "note": "text?",
            },
            rows_max=20_000,
        ),
        _catalogue("sectors", "sector", {**NAMES, "gb4754": "text?"}),
        _catalogue("products", "product", {"sector": "of sectors", **NAMES, "output_unit": "text"}),
        _catalogue(
            "provinces", "province",
            {
                **NAMES, "iso_3166_2": "text?", "gb2260": "text?", "coastal": "flag?", "basin": "text?",
                "tile_col": "whole?", "tile_row": "whole?",
            },
        ),
        _catalogue("end_uses", "end_use", {**NAMES, "meaning": "text?"}),
        _catalogue(
            "technologies", "technology",
            {
                **NAMES, "level": "level", "kind": "text", "exclusive_group": "label?", "joint_product": "flag",
                "named_in_guide": "flag?", "catalogue": "text?", "description": "text?",
            },
        ),
        _values("sector_values", "sector"),
        _values("product_values", "product"),
        _values("output", "product", "province", variable=False),
        _values("end_use_values", "end_use"),
        _values("end_use_shares", "product", "end_use", variable=False),
        _values("technology_values", "technology"),
        _values("applicability", "technology", "product", "end_use"),
        _values("supply_potential", "technology", "province", variable=False, pool=True),
        _values("province_sector_values", "province", "sector"),
        _values("province_values", "province"),
        _values("prices"),
        Table(
            "norms", "records",
            {
                "norm": "text", "year": "year", "product": "of products", "grade": "grade", "variant": "text?",
                "value": "number", "unit": "unit", "basis": "basis", "source": "of sources", "note": "text?",
                "rank": "rank", "in_force_from": "year", "in_force_to": "year?",
            },
            ("norm", "product", "grade", "variant"), ranges={"value": (0, 1e7)},
        ),
        Table(
            "targets", "records",
            {
                "target": "label", "kind": "target_kind", "scope": "text", "where": "text", "sector": "of sectors?",
                "province": "of provinces?", "variable": "text", "base_year": "year?", "year": "year",
                "value": "number", "low": "number", "high": "number", "unit": "text", "basis": "basis",
                "source": "of sources", "note": "text?",
            },
            ("target",),
        ),
        Table(
            "enterprises", "records",
            {
                "enterprise": "text", "product": "of products", "year": "year", "province": "of provinces?",
                "intensity": "number", "unit": "unit", "reuse_rate": "number?", "basis": "basis",
                "source": "of sources", "note": "text?",
            },
            ("enterprise", "product", "year"), ranges={"intensity": (0, 1e7), "reuse_rate": (0, 1)},
        ),
    )
}  # fmt: skip
