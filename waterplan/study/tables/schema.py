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
``date``     a day, YYYY-MM-DD
``group``    a number of a group: 1, 2, 3 ...
===========  ================================================================================================

``many X`` has several labels of the catalogue X in one cell, with semicolons between. A question mark at its end says
that the cell may be empty, two that the column may be missing from the file too: older studies do not have it, and
every cell is empty then. Tables that a study may leave out are marked ``optional``; variables that it may leave out
stand in PARTS.
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
GROUP = "group"  # the groups of enterprises in barriers.csv, a dimension without a catalogue
DIMS = (*CATALOGUE_OF, GROUP)
PARTS = {  # inputs that a study may leave out: those of a part are there for every label, or not at all
    "turnover": ("retirement_rate", "new_intensity_ratio"),
    "value_added": ("value_added_growth",),
    "consumption": ("return_share", "depletion_share"),
    "market": ("barrier",),
}
CHOICES = {
    "basis": BASES,
    "level": ("end_use", "site", "supply"),
    "grade": ("leading", "advanced", "access", "limit", "cp1", "cp2", "cp3"),
    "rank": ("national", "provincial", "study", "enterprise"),
    "target_kind": ("target", "outcome"),
    "verified": ("yes", "no"),
    "statistics": ("survey", "bulletin", "association", "press"),
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
    optional: a study need not have the file. own_unit: the canonical unit of a record table's values, where it is not
    that of an intensity.
    """

    name: str
    form: str
    columns: dict[str, str]
    keys: tuple[str, ...]
    rows_max: int = ROWS_MAX
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    optional: bool = False
    own_unit: str = ""

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name}.csv"

    @property
    def later_columns(self) -> tuple[str, ...]:
        """The columns that older studies do not have."""
        return tuple(name for name, kind in self.columns.items() if kind.endswith("??"))


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
                "title": "text", "title_zh": "text??", "publisher": "text?", "publisher_zh": "text??", "year": "year?",
                "url": "text?", "kind": "text", "verified": "verified", "note": "text?",
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
            "barriers", "values", {"sector": "of sectors", GROUP: "group", **VALUE_COLUMNS}, ("sector", GROUP),
            optional=True,
        ),
        Table(
            "norms", "records",
            {
                "norm": "text", "norm_zh": "text??", "year": "year", "product": "of products", "grade": "grade",
                "variant": "text?", "variant_zh": "text??", "value": "number", "unit": "unit", "basis": "basis",
                "source": "of sources", "note": "text?", "rank": "rank", "in_force_from": "year",
                "in_force_to": "year?", "checked": "date??",
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
        Table(
            "norm_editions", "records",
            {
                "part": "whole", "title": "text", "products": "many products", "edition": "text",
                "in_force_from": "date?", "replaces": "text?", "values_in_study": "flag", "source": "of sources",
                "checked": "date?", "note": "text?",
            },
            ("part",), optional=True,
        ),
        Table(
            "observations", "records",
            {
                "observation": "label", "quantity": "text", "sector": "of sectors?", "product": "of products?",
                "province": "of provinces?", "basin": "text?", "year_from": "year", "year_to": "year",
                "value": "number", "low": "number", "high": "number", "unit": "text", "statistics": "statistics",
                "has_break": "flag", "calibrated": "flag", "source": "of sources", "note": "text?",
            },
            ("observation",), optional=True,
        ),
        Table(
            "water_fees", "records",
            {
                "province": "of provinces", "water_source": "text", "users": "text", "area_class": "text?",
                "year": "year", **VALUE_COLUMNS,
            },
            ("province", "water_source", "users", "area_class", "year"),
            ranges=dict.fromkeys(("value", "low", "high"), (0, 100)), optional=True, own_unit="CNY/m3",
        ),
    )
}  # fmt: skip
