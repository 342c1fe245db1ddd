"""With --language zh no command says an English sentence, whatever is wrong: each command with each kind of fault."""

import errno
import json
import os
import shutil

import pytest
from chinese import assert_chinese
from places import TINY

from waterplan import write_template
from waterplan.cli.entry import main

SCENARIOS = {  # content of s.toml, each with something wrong in it
    "no TOML": 'title = "s"\n[levers\n',
    "no title": "[levers]\nsaving_target = 40\n",
    "unknown key": 'title = "s"\nlever = 3\nsaving_target = 40\nexpected = 1\n',
    "unknown levers": 'title = "s"\n[levers]\nsaving_targt = 40\nnonsense = 1\nwater_price = 3\nexcluded = ["x"]\n',
    "levers out of range": 'title = "s"\n[levers]\nwater_tax = 99\ndiscount_rate = "8,5"\nperspective = "state"\n'
    'output_scale = 99\ninvestment_cap = "much"\nsaving_target = { paper = 1 }\ncount_alternative_supply = 3\n',
    "unknown labels": 'title = "s"\nexclude = ["mvr"]\n[levers.sector_floor]\npapr = 0.1\nnonsense = 0.1\n',
    "floors above caps": 'title = "s"\nexclude = ["reuse"]\n[levers.technology_floor]\nreuse = 0.5\n'
    "[levers.technology_cap]\nreuse = 0.1\n",
    "wrong overrides": 'title = "s"\n[[set]]\nname = "water_price"\nvalue = 3\nunit = "kg"\nsource = "x"\nlow = 9\n'
    '[[set]]\nname = "value_added"\nfactor = -1\nlow = 1\nunit = "t"\n[[set]]\nwhere = 3\nbasis = "guess"\nnote = 3\n'
    '[[set]]\nname = "watr_price"\nwhere = { provinc = "north" }\nvalue = "x"\n[[set]]\nname = "saving_target"\n',
    "overrides that do not fit": 'title = "s"\n[[set]]\nname = "water_price"\nwhere = { province = "norh" }\n'
    'value = 3\nunit = "CNY/m3"\nsource = "a tariff of May"\n[[set]]\nname = "water_price"\nvalue = 3\nunit = "kg"\n'
    'source = "abc"\n[[set]]\nname = "saving_fraction"\nfactor = 100\nsource = "made up by us"\n',
    "set twice": 'title = "s"\n'
    + '[[set]]\nname = "water_price"\nvalue = 3\nunit = "CNY/m3"\nsource = "tariff of May"\n' * 2,
    "shares": 'title = "s"\n[[set]]\nname = "end_use_share"\nfactor = 0.5\nsource = "made up by us"\n[[set]]\n'
    'name = "penetration_base"\nfactor = 0\nsource = "made up by us"\n[[set]]\nname = "penetration_max"\nfactor = 0\n'
    'source = "made up by us"\n',
    "extends a circle": 'title = "s"\nextends = "s.toml"\n',
    "extends nothing": 'title = "s"\nextends = "other.toml"\n',
    "extends outside": 'title = "s"\nextends = "../other.toml"\n',
    "extends something else": 'title = "s"\nextends = "other.csv"\n',
    "too deep": f'title = "s"\n{".".join("a" * 60)} = 1\n',
    "other encoding": 'title = "节水"\n',
    "too large": "#" * 1_000_001,
    "too much": 'title = "s"\n[levers]\nsaving_target = 9000\n',
    "too much of a sector": 'title = "s"\n[levers]\nsaving_target = 1\n[levers.sector_floor]\npaper = 0.99\n',
}
ASKED = {  # words that read s.toml; those of other wings are named below
    "plan": "plan s.toml --no-confirm",
    "report": "report s.toml -o r.html",
    "explain": "explain s.toml --fast",
    "compare": "compare s.toml reference",
    "trace": "trace annual_cost --scenario s.toml",
    "robust": "robust s.toml --samples 2 -o robust.zarr",
}


@pytest.fixture
def place(tmp_path, monkeypatch, tiny):
    """A folder to work in: a study, a spoilt one, records, a design."""
    for name in ("study", "spoilt"):
        shutil.copytree(TINY, tmp_path / name)
    write_template(tmp_path / "records.csv", tiny)
    (tmp_path / "good.toml").write_text('title = "s"\n[levers]\nsaving_target = 40\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    return tmp_path


def said_in_chinese(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a fault, as text and as an object; fails with an English sentence in either."""
    line = [*words.split(), "--language", "zh"]
    assert main(line) > 1
    said = capsys.readouterr().err
    assert_chinese(said)
    if words.split(maxsplit=1)[0] not in ("report", "dashboard") and "import" not in words and "peers" not in words:
        main([*line, "--json"])
        told = capsys.readouterr().out
        if told:
            content = json.loads(told)
            assert_chinese("\n".join([content["message"], *(one["message"] for one in content.get("problems", []))]))
    return said


@pytest.mark.parametrize("command", ASKED)
@pytest.mark.parametrize("wrong", SCENARIOS)
def test_a_scenario_that_is_wrong_is_told_in_chinese_by_every_command(place, capsys, command, wrong):
    encoding = "gb18030" if wrong == "other encoding" else "utf-8"
    (place / "s.toml").write_text(SCENARIOS[wrong], encoding=encoding)
    said_in_chinese(f"{ASKED[command]} --study study", capsys)


@pytest.mark.parametrize("command", ASKED)
@pytest.mark.parametrize("wrong", ["is missing", "is a folder", "is too long"])
def test_a_scenario_that_is_not_there_is_told_in_chinese_by_every_command(place, capsys, command, wrong):
    if wrong == "is a folder":
        (place / "s.toml").mkdir()
    words = ASKED[command].replace("s.toml", 300 * "s" + ".toml") if wrong == "is too long" else ASKED[command]
    said_in_chinese(f"{words} --study study", capsys)


SPOILT = {  # table, and what is put in place of what in it
    "sectors.csv": ((",", ";"),),
    "products.csv": (("paper", "papr"),),
    "prices.csv": (("measured", "guess"), ("reported", "guess"), ("estimated", "guess"), ("assumed", "")),
    "provinces.csv": (("north", "no rth"),),
    "technology_values.csv": (("lifetime", "life"), ("CNY/m3", "furlong")),
    "applicability.csv": (("saving_fraction", "penetration_base"), ("0.2", "9.9")),
    "end_use_shares.csv": (("0.5", "0,5"), ("0.4", "4%")),
    "output.csv": (("north", "nord"), ("1", "x")),
    "sources.csv": (("yes", "ja"), ("no,", "nein,")),
    "norms.csv": (("advanced", "best"), ("20", "19.5")),
    "study.toml": (("base_year", "bas_year"), ("saving_target", "target"), ("CNY", "EUR")),
}
COMMANDS_OF_STUDIES = {
    "check": "check spoilt",
    "plan": "plan good.toml --study spoilt",
    "explain": "explain good.toml --study spoilt",
    "trace": "trace water_price --study spoilt",
    "compare": "compare good.toml reference --study spoilt",
    "benchmark": "benchmark records.csv --study spoilt",
    "batch": "batch d.toml -o runs.zarr --study spoilt",
    "template": "benchmark --template t.csv --study spoilt",
    "dashboard": "dashboard --port 0 --study spoilt",
}


@pytest.mark.parametrize("table", SPOILT)
def test_a_study_that_is_wrong_is_told_in_chinese(place, capsys, table):
    path = place / "spoilt" / table
    text = path.read_text(encoding="utf-8")
    for before, after in SPOILT[table]:
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    said_in_chinese("check spoilt", capsys)


@pytest.mark.parametrize("command", COMMANDS_OF_STUDIES)
@pytest.mark.parametrize("wrong", ["all tables", "is missing", "is a file", "empty", "binary", "lines missing"])
def test_a_study_that_is_wrong_is_told_in_chinese_by_every_command(place, capsys, command, wrong):
    study = place / "spoilt"
    (place / "d.toml").write_text('[design]\nkind = "grid"\n[ranges]\nsaving_target = [20, 40]\n')
    tables = sorted(study.glob("*.csv"))
    if wrong == "is missing":
        shutil.rmtree(study)
    elif wrong == "is a file":
        shutil.rmtree(study)
        study.write_text("a file")
    else:
        for n, path in enumerate(tables):
            lines = path.read_bytes().splitlines(keepends=True)
            spoilt = {
                "all tables": b"".join([lines[0], *(line.replace(b",", b",!", n % 3) for line in lines[1:])]),
                "empty": b"",
                "binary": b"\xff\xfe" + b"".join(lines),
                "lines missing": b"".join(lines[:1] + lines[2::2]),
            }
            path.write_bytes(spoilt[wrong])
    said_in_chinese(COMMANDS_OF_STUDIES[command], capsys)


SETTINGS = (
    "nonsense", "saving_targt=1", "saving_target=much", "water_tax=99", "sector_floor.papr=0.1", "excluded=mvr",
    "saving_target=1 --set saving_target=2", "technology_floor=9", "perspective=state", "investment_cap=1,000",
)  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("command", ["plan", "explain", "robust", "report"])
def test_a_setting_that_is_wrong_is_told_in_chinese(place, capsys, command, setting):
    words = ASKED[command].replace("s.toml", "good.toml")
    said_in_chinese(f"{words} --study study --set {setting}", capsys)


USAGE = (
    "plan", "plann", "plan good.toml --jsn", "plan good.toml more", "plan good.toml --solver glpk",
    "plan good.toml --json=3", "report good.toml", "report good.toml -o r.doc", "compare good.toml",
    "trace water_price north", "trace water_price province=north province=north", "explain good.toml mvr",
    "dashboard --port abc", "dashboard --workers 0", "robust good.toml --probability 2", "benchmark",
    "benchmark records.csv -o answer.doc", "benchmark --template records.csv", "peers", "peers foo", "peers stats",
    "peers export all.doc --pool pool.sqlite", "peers delete --pool pool.sqlite", "batch d.toml", "check",
    "check study --nonsense", "describe --nonsense", "scenarios more", "plan good.toml -o good.toml",
)  # fmt: skip


@pytest.mark.parametrize("words", [one for one in USAGE if one != "peers"])
def test_a_wrong_use_is_told_in_chinese(place, capsys, words):
    said_in_chinese(words, capsys)


NAMES = (
    "describe saving_targt", "describe --kind levers", "trace watr_price", "trace water_price province=norh",
    "trace water_price", "trace value_added", "trace water_price sector=paper", "trace step_flow",
    "trace norm", "trace end_use_share product=newsprint end_use=nonsense",
)  # fmt: skip


@pytest.mark.parametrize("words", NAMES)
def test_a_name_that_is_not_known_is_told_in_chinese(place, capsys, words):
    said_in_chinese(f"{words} --study study" if words.startswith("trace") else words, capsys)


PLACES = (
    "plan good.toml -o {}.nc", "plan good.toml --excel {}.xlsx", "plan good.toml --csv {}",
    "report good.toml -o {}.pdf", "batch d.toml -o {}",
    "batch d.toml -o runs.zarr --export {}.nc", "robust good.toml -o {}",
    "benchmark records.csv -o {}.csv", "benchmark --template {}.xlsx",
)  # fmt: skip


@pytest.mark.parametrize("words", PLACES)
@pytest.mark.parametrize("kind", ["good.toml/name", "n" * 300, "nowhere/name"])
def test_a_place_that_cannot_be_written_to_is_told_in_chinese(place, capsys, words, kind):
    (place / "d.toml").write_text('[design]\nkind = "grid"\n[ranges]\nsaving_target = [20, 40]\n')
    if kind == "nowhere/name" and "--csv" in words:
        pytest.skip("it is made, with those above it")
    said_in_chinese(f"{words.format(kind)} --study study", capsys)


DESIGNS = {
    "no TOML": "[design\n",
    "nothing": "",
    "unknown kind": '[design]\nkind = "gird"\n[ranges]\nsaving_target = [20, 40]\n',
    "unknown lever": '[design]\nkind = "grid"\n[ranges]\nsaving_targt = [20, 40]\n',
    "out of range": '[design]\nkind = "grid"\n[ranges]\nwater_tax = [20, 40]\n',
    "unknown key": '[design]\nkind = "grid"\nsize = 3\n[rangs]\nsaving_target = [20, 40]\n',
    "no numbers": '[design]\nkind = "grid"\n[ranges]\nsaving_target = ["a", "b"]\n',
    "sample without size": '[design]\nkind = "sample"\n[ranges]\nsaving_target = { low = 1, high = 2 }\n',
    "unknown scenario": 'scenarios = ["referense"]\n[design]\nkind = "grid"\n[ranges]\nsaving_target = [20, 40]\n',
    "unknown label": '[design]\nkind = "grid"\n[ranges]\n"sector_floor.papr" = [0.1, 0.2]\n',
}


@pytest.mark.parametrize("wrong", DESIGNS)
def test_a_design_that_is_wrong_is_told_in_chinese(place, capsys, wrong):
    (place / "d.toml").write_text(DESIGNS[wrong])
    said_in_chinese("batch d.toml -o runs.zarr --study study", capsys)


@pytest.mark.parametrize("words", [
    "compare a.nc b.nc", "compare good.toml records.csv", "compare study good.toml", "batch nowhere.toml -o runs.zarr",
    "batch good.toml -o study", "robust good.toml -o study", "explain good.toml --tolerance 0 reuse",
])  # fmt: skip
def test_a_file_of_a_plan_or_of_runs_that_is_wrong_is_told_in_chinese(place, capsys, words):
    said_in_chinese(f"{words} --study study", capsys)


RECORDS = {
    "empty": "",
    "other columns": "a,b,c\n1,2,3\n",
    "wrong numbers": "plant,year,product,output,withdrawal_surface\nmill,19x,newsprint,-3,many\n",
    "unknown product": "plant,year,product,output,unit\nmill,2017,newsprnt,3,t\n",
    "unknown unit": "plant,year,quantity,value,unit\nmill,2017,withdrawal_surface,3,furlong\n",
    "binary": "\0\0\0",
}


@pytest.mark.parametrize("command", ["benchmark records.csv", "peers import records.csv --consent --pool pool.sqlite"])
@pytest.mark.parametrize("wrong", RECORDS)
def test_records_that_are_wrong_are_told_in_chinese(place, capsys, monkeypatch, command, wrong):
    monkeypatch.setenv("WATERPLAN_PEER_KEY", "k" * 43)
    (place / "records.csv").write_text(RECORDS[wrong])
    said_in_chinese(f"{command} --study study", capsys)


@pytest.mark.parametrize("words", [
    "benchmark nowhere.csv", "benchmark study", "benchmark records.csv --plant x",
    "benchmark records.csv --goal wish:1", "benchmark records.csv --goal grade:leadin",
    "benchmark records.csv --goal budget:-1",
    "benchmark records.csv --pool nowhere.sqlite", "peers stats beer --pool pool.sqlite",
    "peers stats ber --pool study", "peers import records.csv --pool pool.sqlite",
    "peers import records.csv --consent --pool pool.sqlite",
    "peers delete mill --pool pool.sqlite", "peers release --pool nowhere/pool.sqlite", "peers stats beer --pool x://y",
    "peers export a.csv --pool good.toml", "peers export a.csv --own --pool pool.sqlite --key-file nowhere",
])  # fmt: skip
def test_what_cannot_be_asked_of_plants_is_told_in_chinese(place, capsys, words):
    said_in_chinese(words, capsys)


@pytest.mark.parametrize("code", [errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL])
def test_a_port_that_cannot_be_listened_on_is_told_in_chinese(place, capsys, monkeypatch, code):
    def bind(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("dashboards.option_faults.bind_sockets", bind)
    said_in_chinese("dashboard --study study --port 80", capsys)


def test_an_outline_that_is_none_is_told_in_chinese(place, capsys):
    (place / "outline.json").write_text("{}")
    for outline in ("outline.json", "nowhere.json", "study"):
        said_in_chinese(f"dashboard --study study --port 0 --outline-map {outline}", capsys)


@pytest.mark.parametrize("words", [
    "dashboard --basic-auth nowhere", "dashboard --basic-auth good.toml", "dashboard --cookie-secret-file nowhere",
    "dashboard --basic-auth study --add-user me", "dashboard --add-user me",
])  # fmt: skip
def test_who_may_come_in_is_told_in_chinese(place, capsys, words):
    said_in_chinese(f"{words} --study study --port 0", capsys)


@pytest.mark.parametrize("origin", ["https://water.example.org", "", "http://a b", "water.example.org/plan", "a:port"])
def test_an_origin_that_is_no_host_is_told_before_anything_is_served(origin, capsys):
    pytest.importorskip("panel")
    assert main(["dashboard", "--origin", origin, "--language", "zh"]) == 8
    told = capsys.readouterr().err
    assert f"“{origin}”" in told
    assert_chinese(told)
