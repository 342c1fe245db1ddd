"""The tiny study with everything that a study may leave out, in round figures: its README has the sums."""

from spoiling import Copy

JUDGED = ("assumed", "by_hand", "")
VALUES = {  # table: variable: label: value
    "product_values": {
        "retirement_rate": {"board": 0.5, "pulp": 0.1, "plate": 0.2},
        "new_intensity_ratio": {"board": 0.5, "pulp": 0.8, "plate": 1.0},
    },
    "sector_values": {"value_added_growth": {"paper": 0.1, "steel": 0.0}},
    "end_use_values": {"return_share": {"washing": 0.75, "cooling": 0.25, "domestic": 1.0, "site": 0.5}},
    "technology_values": {"depletion_share": {"reclaimed_water": 0.0, "electrosorption": 0.5}},
}
UNITS = {"retirement_rate": "1/a", "value_added_growth": "1/a"}
BARRIERS = {"paper": (0.1, 0.2, 0.4, 0.8, 1.6), "steel": (0.2, 0.4, 0.6, 0.8, 1.0)}
CHINESE = {  # table: column: from: to
    "sources": {
        "title_zh": ("title", {"A yearbook of the tiny country": "《微型国家年鉴》"}),
        "publisher_zh": ("publisher", {"Tiny bureau of statistics": "微型国家统计局"}),
    },
    "norms": {
        "norm_zh": ("norm", {"T 2-2015": "微型标准2-2015"}),
        "variant_zh": ("variant", {"hot": "热轧", "cold": "冷轧"}),
        "checked": ("norm", {"T 1-2018": "2026-11-30"}),
    },
}
RECORDS = {
    "norm_editions": [
        "part,title,products,edition,in_force_from,replaces,values_in_study,source,checked,note",
        "1,board and pulp,board; pulp,T 1-2018,2018-05-01,T 1-2012,1,yearbook,2026-11-30,",
        "3,pulp,pulp,T 3-2020,,,0,yearbook,,date not read",
    ],
    "observations": [
        "observation,quantity,sector,product,province,basin,year_from,year_to,value,low,high,unit,statistics,has_break,"
        "calibrated,source,note",
        "board_2015_2017,intensity_change,paper,board,,,2015,2017,-0.2,-0.25,-0.15,1,association,0,1,yearbook,",
        "all_2015_2017,withdrawal_change,,,,,2015,2017,-0.1,-0.1,-0.1,1,bulletin,1,0,yearbook,",
    ],
    "water_fees": [
        "province,water_source,users,area_class,year,value,low,high,unit,basis,source,note",
        "north,surface,all,,2015,0.5,0.5,1,CNY/m3,reported,yearbook,",
        "north,groundwater,all,,2015,20000,20000,30000,CNY per 10^4 m3,reported,yearbook,",
    ],
}


def tell_whole(copy: Copy) -> Copy:
    """Adds to a copy of the tiny study what it leaves out."""
    for table, variables in VALUES.items():
        for variable, values in variables.items():
            for label, value in values.items():
                copy.add(table, label, variable, *map(str, (value, value, value, UNITS.get(variable, "1"))), *JUDGED)
    copy.write("barriers", [["sector", "group", "value", "low", "high", "unit", "basis", "source", "note"]])
    for sector, costs in BARRIERS.items():
        for group, cost in enumerate(costs, start=1):
            copy.add("barriers", sector, str(group), *map(str, (cost, cost, cost, "CNY/m3")), *JUDGED)
    for table, columns in CHINESE.items():
        header, *records = copy.records(table)
        for name, (of, words) in columns.items():
            records = [[*record, words.get(record[header.index(of)], "")] for record in records]
            header = [*header, name]
        copy.write(table, [header, *records])
    for table, lines in RECORDS.items():
        (copy.folder / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = copy.folder / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'title_zh = "微型国家"\ndescription_zh = "只为心算"\n{text}', encoding="utf-8")
    return copy
