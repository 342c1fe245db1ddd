"""Which column of a plant's file is which: English and Chinese headings, their synonyms, and the unit in brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from waterplan.base.messages import Message, Name
from waterplan.base.units import UnitError, factor
from waterplan.base.vocabulary import of_kind, term

VOLUME = "m3/a"
# name of the column in Records: kind of its cells
SITE_TEXTS = {"plant": "name", "year": "year", "owner": "name?", "province": "of provinces"}
SITE_NUMBERS = tuple(
    found.name for found in of_kind("record") if found.unit and found.name not in ("plant_output", "product_withdrawal")
)
PRODUCT_COLUMNS = {
    "product": "of products", "route": "name?", "variant": "name?", "output": "number", "output_unit": "unit?",
    "withdrawal": "number",
}  # fmt: skip
TERM_OF = {"output": "plant_output", "withdrawal": "product_withdrawal", "share": "end_use_share"}
IGNORED = "ignored"
SITES: dict[str, str] = SITE_TEXTS | dict.fromkeys(SITE_NUMBERS, "number")
KEYS = {"plant": "name", "year": "year"}
LAYOUTS: dict[str, dict[str, str]] = {
    "flat": SITES | PRODUCT_COLUMNS | {"technology": "list of technologies"},
    "sites": SITES,
    "products": KEYS | PRODUCT_COLUMNS,
    "technologies": KEYS | {"product": "of products?", "technology": "of technologies"},
    "end_uses": KEYS | {"product": "of products", "end_use": "of end_uses", "share": "number"},
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "flat": ("plant", "year", "province", "consumed", "product", "output"),
    "sites": ("plant", "year", "province", "consumed"),
    "products": ("plant", "year", "product", "output"),
    "technologies": ("plant", "year", "technology"),
    "end_uses": ("plant", "year", "product", "end_use", "share"),
}
SHEETS = {
    "sites": ("Sites", "企业"), "products": ("Products", "产品"), "technologies": ("Technologies", "技术"),
    "end_uses": ("End uses", "用水环节"), "notes": ("Notes", "说明"), "lists": ("Lists", "代码表"),
    "example": ("Example", "示例"),
}  # fmt: skip
NOT_READ = ("notes", "lists", "example")
MARK = "*"  # behind a heading whose column must be filled in
SYNONYMS: dict[str, tuple[str, ...]] = {
    "plant": ("plant name", "site", "enterprise", "company", "企业名称", "单位名称", "厂名", "工厂", "厂区"),
    "year": ("年度", "统计年份", "统计年度"),
    "owner": ("group", "parent company", "集团", "所属集团", "母公司", "所属企业"),
    "province": ("省", "所在省份", "所在省", "地区", "省（区、市）"),
    "product": ("产品名称", "主要产品"),
    "route": ("process", "route", "工艺", "生产工艺"),
    "variant": ("norm variant", "定额类别"),
    "output": ("output", "production", "yearly output", "产量", "年产量"),
    "output_unit": ("output unit", "unit of output", "产量单位", "产品单位"),
    "withdrawal": ("product withdrawal", "产品新水量", "产品取水"),
    "withdrawal_surface": ("surface water", "地表水", "地表水量", "地表水取水"),
    "withdrawal_ground": ("groundwater", "ground water", "地下水", "地下水量", "地下水取水", "井水"),
    "withdrawal_public_supply": (
        "public supply", "tap water", "municipal water", "自来水", "自来水量", "自来水取水量", "城镇供水", "公共供水",
        "市政供水", "公共供水取水量",
    ),
    "withdrawal_purchased": (
        "purchased water", "purchased water and steam", "外购水", "外购水量", "外购水和蒸汽量", "外购水及蒸汽量",
    ),
    "withdrawal_reclaimed": ("reclaimed water", "再生水", "再生水量", "外购再生水"),
    "withdrawal_mine": ("mine water", "矿井水", "矿井水量"),
    "withdrawal_sea": ("sea water", "seawater", "海水", "海水量"),
    "withdrawal_brackish": ("brackish water", "苦咸水", "苦咸水量"),
    "withdrawal_rain": ("rainwater", "rain water", "雨水", "雨水量", "雨水利用量"),
    "cooling_recirculated": (
        "recirculated cooling water", "间接冷却循环水量", "冷却水循环量", "循环冷却水量", "间接冷却水循环水量",
    ),
    "cooling_makeup": ("cooling make-up", "cooling makeup", "冷却补充水量", "循环冷却补充水量", "冷却补水量"),
    "process_recirculated": ("process water recirculated", "工艺循环水量", "工艺水循环水量"),
    "reused_in_series": ("used in series", "reused in series", "串联水量", "串联使用水量", "串用水量"),
    "effluent_reused": ("reused effluent", "废水回用", "回用水量", "污水回用量"),
    "steam_produced": ("steam raised", "蒸汽产量", "锅炉产汽量", "蒸汽产生量"),
    "condensate_returned": ("condensate", "冷凝水回收量", "凝结水回收量", "蒸汽冷凝水回用量"),
    "consumed": ("consumption", "耗水", "消耗水量"),
    "discharged": ("effluent", "discharge", "effluent discharged", "外排水量", "废水排放量", "废水外排量"),
    "leaked": ("leakage", "漏失量", "漏水量", "漏损水量", "漏失"),
    "domestic": ("生活用水", "生活取水量"),
    "value_added": ("增加值",),
    "plant_water_price": ("water price", "水价", "自来水价"),
    "plant_resource_fee": ("water resource fee", "water resource tax", "水资源费", "水资源税", "水资源费（税）"),
    "plant_sewage_fee": ("sewage fee", "污水处理费"),
    "plant_electricity_price": ("electricity price", "电价"),
    "plant_heat_price": ("heat price", "热价", "蒸汽热价"),
    "technology": ("technologies", "technologies in place", "已有技术", "已采用技术", "已有节水技术", "技术"),
    "end_use": ("end uses", "环节"),
    "share": ("share", "比例", "占比", "用水比例"),
    IGNORED: ("no", "number", "note", "notes", "remark", "remarks", "序号", "备注"),
}  # fmt: skip
HEADINGS_WITHIN = 10  # rows, blank ones aside
UNIT_WORDS = {"单位", "计量单位", "unit", "units", "/", ""}  # "-" is bare ""
POWER = re.compile("(?<![0-9])(?:10|１０)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
COUNTED = re.compile(r"[×x*]?\s*([0-9][0-9\s]*)(?![0-9^.eE])")
BRACKETED = re.compile(r"(?P<name>.+?)\s*[(\[【](?P<unit>[^()\[\]【】]+)[)\]】]", re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A heading understood: the column it names ("" if none), and the unit written with it."""

    column: str
    unit: str
    written: str


def bare(text: str) -> str:
    """A heading or label without what does not matter: width, case, blanks, underscores, dashes.

    >>> bare("Sewage_Fee "), bare("省（区、市）") == bare("省(区、市)")
    ('sewagefee', True)
    """
    return re.sub(r"[\s_\-—–]+", "", unicodedata.normalize("NFKC", text)).casefold()


def powers(text: str) -> str:
    """A text with 10⁴ written as 10^4, which would else become 104.

    >>> powers("10⁴ m³")
    '10^4 m³'
    """
    return POWER.sub(lambda found: "10^" + unicodedata.normalize("NFKC", found[1]), text)


def label(column: str, language: str) -> str:
    """The heading of a column as the template writes it, without unit."""
    if column == "output_unit":
        return "产量单位" if language == "zh" else "output unit"
    return term(TERM_OF.get(column, column)).label(language)


def heading_name(column: str) -> Name:
    """The same, in the language of whoever reads it."""
    return Name(label(column, "en"), label(column, "zh"))


def column_name(column: str) -> Name:
    """The name of a column in Records to who reads English, its heading to who reads Chinese."""
    return Name(column, label(column, "zh"))


@cache
def known(layout: str) -> dict[str, str]:
    """Every heading that a layout knows, bare -> column."""
    found: dict[str, str] = {}
    for column in (*LAYOUTS[layout], IGNORED):
        names = [column, *SYNONYMS.get(column, ())]
        names += [] if column == IGNORED else [label(column, "en"), label(column, "zh")]
        names += [TERM_OF[column]] if column in TERM_OF else []
        for name in names:
            found.setdefault(bare(name), column)
    if layout == "products":
        found |= {bare("取水量"): "withdrawal", bare("withdrawal"): "withdrawal"}
    elif layout == "flat":
        found.pop("withdrawal")  # of which source, or of the product: not to be guessed
    return found


def heading(text: str, layout: str) -> Heading:
    """What a heading means in a layout.

    >>> heading("地表水取水量（万m³）", "flat")
    Heading(column='withdrawal_surface', unit='万m3', written='地表水取水量（万m³）')
    """
    names = known(layout)
    unmarked = unicodedata.normalize("NFKC", powers(text)).strip().strip(MARK)
    if (whole := bare(unmarked)) in names:
        return Heading(names[whole], "", text)
    parts = BRACKETED.fullmatch(unmarked.strip())
    if parts and (name := bare(parts["name"])) in names:
        return Heading(names[name], parts["unit"].strip(), text)
    return Heading("", "", text)


@cache
def sheet_names() -> dict[str, str]:
    """Names of sheets that are read, bare -> table."""
    return {bare(name): table for table, names in SHEETS.items() for name in (table, *names)}


def canonical_unit(column: str) -> str:
    """The unit of a number column; that of ``output`` belongs to each product."""
    return "1" if column == "share" else term(TERM_OF.get(column, column)).unit


def layout_of(headings: Sequence[str]) -> str:
    """Which layout a lone table has: the flat one where it names products, else that of the sites."""
    return "flat" if any(heading(text, "flat").column == "product" for text in headings) else "sites"


def headings_at(rows: Sequence[Sequence[object]], table: str) -> int:
    """Which of the first rows has the headings: the first with two that are known; without any, the first row."""
    for at, cells in enumerate(rows):
        texts = [cell for cell in cells if isinstance(cell, str)]
        layout = table or layout_of(texts)
        if sum(1 for text in texts if heading(text, layout).column) >= 2:
            return at
    return 0


def text_columns(headings: Sequence[str]) -> set[int]:
    """The columns of a lone table whose cells are texts even where they look like numbers."""
    layout = layout_of(headings)
    kinds = LAYOUTS[layout]
    columns = [heading(text, layout).column for text in headings]
    return {at for at, column in enumerate(columns) if column and kinds.get(column, "") not in ("number", "year")}


def are_units(headings: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row below the headings says their units: every cell of a number a unit of that number."""
    layout = layout_of(headings)
    found = [heading(text, layout).column for text in headings]
    numbers = [(column, cell) for column, cell in zip(found, cells, strict=False) if cell]
    said = [(column, cell) for column, cell in numbers if LAYOUTS[layout].get(column) == "number"]
    others = {bare(cell) for column, cell in numbers if LAYOUTS[layout].get(column) != "number"}
    return bool(said) and others <= UNIT_WORDS and all(is_unit(column, cell) for column, cell in said)


def is_unit(column: str, text: str) -> bool:
    """Whether a text is a unit of a number column."""
    try:
        factor_of(column, text)
    except UnitError:
        return column == "output" and not any(sign.isdigit() for sign in text[:1])
    return True


def factor_of(column: str, unit: str, output_unit: str = "t") -> float:
    """What to multiply a number of a column by for its canonical unit; a tonne of water is a cubic metre.

    Raises UnitError, also for a number before the unit that is no power of ten: 104 m3 is 10⁴ m³ that lost its shape.

    >>> factor_of("consumed", "万t"), factor_of("output", "万t")
    (10000.0, 10000.0)
    """
    canonical = canonical_unit(column).replace("output_unit", output_unit)
    counted = COUNTED.match(unicodedata.normalize("NFKC", powers(unit)).strip())
    if counted and "".join(counted[1].split()).strip("0") != "1":
        raise UnitError(Message("plants.counted_oddly", unit=unit, count=counted[1].strip()))
    if canonical == VOLUME and is_mass(unit):
        return factor(unit, "t/a")
    return factor(unit, canonical)


def is_mass(unit: str) -> bool:
    """Whether a unit is one of mass (a year)."""
    try:
        factor(unit, "t/a")
    except UnitError:
        return False
    return True
