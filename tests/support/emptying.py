"""Studies in which something is not there: technologies of a level, potentials, norms, all but one of a catalogue."""

import csv

from spoiling import Copy

LEVELS = ("end_use", "site", "supply")
RECORDS = ("norms", "targets", "enterprises")


class Emptied(Copy):
    """A copy of the tiny study from which rows are taken, with all that hangs on them, so that it stays sound."""

    def keep(self, table, wanted):
        """Keeps the rows of a table that a function of the row (cells by column) says yes to."""
        header, *records = self.records(table)
        self.write(table, [header, *(r for r in records if wanted(dict(zip(header, r, strict=True))))])

    def labels(self, table, **cells):
        """The first column of the rows in which all the cells stand."""
        header, *records = self.records(table)
        rows = [dict(zip(header, record, strict=True)) for record in records]
        return [row[header[0]] for row in rows if all(row[name] == text for name, text in cells.items())]

    def without_technologies(self, *names):
        for table in ("technologies", "technology_values", "applicability", "supply_potential"):
            self.keep(table, lambda row: row["technology"] not in names)

    def without_level(self, level):
        self.without_technologies(*self.labels("technologies", level=level))

    def without_groups(self):
        header, *records = self.records("technologies")
        place = header.index("exclusive_group")
        self.write("technologies", [header, *([*r[:place], "", *r[place + 1 :]] for r in records)])

    def only_product(self, name):
        sector = next(row["sector"] for row in self.rows("products") if row["product"] == name)
        for table in ("products", "product_values", "output", "end_use_shares", "applicability", "norms"):
            self.keep(table, lambda row: row["product"] == name)
        self.keep("enterprises", lambda row: row["product"] == name)
        for table in ("sectors", "sector_values", "province_sector_values"):
            self.keep(table, lambda row: row["sector"] == sector)
        self.keep("targets", lambda row: row["sector"] in ("", sector))

    def only_province(self, name):
        for table in ("provinces", "province_values", "province_sector_values", "output", "supply_potential"):
            self.keep(table, lambda row: row["province"] == name)
        for table in ("enterprises", "targets"):
            self.keep(table, lambda row: row["province"] in ("", name))
        made = {row["product"]: row["value"] for row in self.rows("output")}
        header, *records = self.records("product_values")
        number = header.index("value")
        kept = []
        for record in records:
            row = dict(zip(header, record, strict=True))
            if row["product"] in made and row["variable"] == "output":
                record[number : number + 3] = [made[row["product"]]] * 3
            kept.append(record)
        self.write("product_values", [header, *kept])
        for table in ("products", "product_values", "end_use_shares", "applicability", "norms", "enterprises"):
            self.keep(table, lambda row: row["product"] in made)

    def only_end_use(self, name):
        """Every product uses all its water there; technologies of other end uses are applied nowhere."""
        self.keep("end_uses", lambda row: row["end_use"] in (name, "site"))
        self.keep("end_use_values", lambda row: row["end_use"] in (name, "site"))
        self.keep("applicability", lambda row: row["end_use"] in (name, "site"))
        header, *records = self.records("end_use_shares")
        first = {record[0]: record for record in reversed(records)}
        place, value = header.index("end_use"), header.index("value")
        for record in first.values():
            record[place], record[value : value + 3] = name, ["1", "1", "1"]
        self.write("end_use_shares", [header, *first.values()])
        products = {row["product"] for row in self.rows("end_use_shares")}
        self.keep("applicability", lambda row: row["product"] in products)

    def rows(self, table):
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))


def nothing(table):
    def change(copy):
        copy.keep(table, lambda row: False)

    return change


EMPTIES = {
    **{f"no_{level}": lambda copy, level=level: copy.without_level(level) for level in LEVELS},
    "no_potential": nothing("supply_potential"),
    **{f"no_{table}": nothing(table) for table in RECORDS},
    "no_applicability": nothing("applicability"),
    "no_groups": Emptied.without_groups,
    "one_product": lambda copy: copy.only_product("board"),
    "one_province": lambda copy: copy.only_province("north"),
    "one_end_use": lambda copy: copy.only_end_use("washing"),
}
