"""Every file that is written is whole or not there: on a full disk, when stopped, over links and in bad places."""

import ast
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from pooling import Owners
from standing_plants import YEAR, paper_mill

from dashboards.passwords import add_user
from waterplan import (
    Design,
    Plan,
    benchmark,
    open_answers,
    open_runs,
    plant_standing,
    run_batch,
    save_runs,
    write_benchmark,
    write_plant_report,
    write_report,
    write_run,
    write_template,
)
from waterplan.base.errors import OutputError, WaterplanError
from waterplan.base.whole_files import write_whole
from waterplan.plants.pool.keys import write_key

OLD = b"what stood here"
WRITTEN = {  # what is written: its name, and the writer
    "plan": ("plan.nc", lambda path, given: given["plan"].save(path)),
    "workbook": ("plan.xlsx", lambda path, given: given["plan"].to_excel(path, "zh")),
    "tables": ("tables/whole.csv", lambda path, given: given["plan"].to_csv(path.parent)),
    "report": ("report.html", lambda path, given: write_report(given["result"], path)),
    "plant report": ("plant.html", lambda path, given: write_plant_report(given["standing"], path)),
    "template": ("plants.xlsx", lambda path, given: write_template(path, given["china"])),
    "flat template": ("plants.csv", lambda path, given: write_template(path, given["china"])),
    "benchmark": ("all.nc", lambda path, given: write_benchmark(given["benchmark"], path)),
    "benchmark book": ("all.xlsx", lambda path, given: write_benchmark(given["benchmark"], path)),
    "benchmark table": ("all.csv", lambda path, given: write_benchmark(given["benchmark"], path)),
    "runs": ("runs.nc", lambda path, given: save_runs(given["store"], path)),
    "table of runs": ("runs.parquet", lambda path, given: save_runs(given["store"], path)),
    "run": ("runs/run-1.toml", lambda path, given: write_run(given["store"], 1, path.parent, given["tiny"])),
    "own rows": ("own.csv", lambda path, given: given["owners"].pool.export_own(path, given["owners"].keys["mill"])),
    "key": ("owner.key", lambda path, given: write_key(path, given["owners"].keys["mill"])),
    "users": ("users.toml", lambda path, given: add_user(path, "hill", "long enough")),
}
ONLY_NEW = ("key", "run")  # never written over another


@pytest.fixture(scope="module")
def given(tiny, china, plan, planner, tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    design = Design().sample(4, {"saving_target": [20, 320]}, study="technology").keeping(chunk=2)
    run_batch(design, folder / "runs.zarr", tiny, workers=0, tell=lambda progress: None)
    owners = Owners(folder / "peers.sqlite")
    owners.says("mill", ("mill", "linerboard", "", 1e5, 24.0))
    return {
        "plan": plan,
        "result": planner.solve(plan.scenario),
        "standing": plant_standing(paper_mill(), "Riverside Board Mill", YEAR, china),
        "benchmark": benchmark(paper_mill(), china, peers=None),
        "store": folder / "runs.zarr",
        "owners": owners,
        "tiny": tiny,
        "china": china,
    }


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 256 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", place], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be made here: {made.stderr}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk):
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("kind", WRITTEN)
def test_on_a_full_disk_what_stood_there_stands_and_nothing_else_is_left(small_disk, given, kind):
    name, write = WRITTEN[kind]
    path = small_disk / name
    path.parent.mkdir(exist_ok=True)
    if kind == "users":
        add_user(path, "river", "long enough")
    elif kind not in ONLY_NEW:
        path.write_bytes(OLD)
    fill(small_disk)
    before = names(small_disk), path.read_bytes() if path.exists() else None
    with pytest.raises(WaterplanError, match=r"disk is full|No space left"):
        write(path, given)
    assert (names(small_disk), path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_written_takes_the_place_of_what_stood_there(tmp_path, given, kind):
    name, write = WRITTEN[kind]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if kind == "users":
        add_user(path, "river", "long enough")
    elif kind not in ONLY_NEW:
        path.write_bytes(OLD)
    before = path.read_bytes() if path.exists() else OLD
    write(path, given)
    assert path.read_bytes() not in (b"", before)
    assert not [one for one in names(tmp_path) if one.endswith(".part")]


def test_tables_that_find_no_room_leave_no_folder(small_disk, plan):
    fill(small_disk)
    with pytest.raises(OutputError, match="disk is full"):
        plan.to_csv(small_disk / "new" / "tables")
    assert names(small_disk) == ["filler"]


def test_tables_half_of_which_find_room_replace_none(small_disk, plan):
    plan.to_csv(small_disk / "tables")
    before = {name: (small_disk / name).read_bytes() for name in names(small_disk) if "." in name}
    whole = sum(map(len, before.values()))
    (small_disk / "filler").write_bytes(bytes(256 * 1024 - 4096 * (whole // 4096 + len(before)) - whole // 2))
    with pytest.raises(OutputError, match="disk is full"):
        plan.to_csv(small_disk / "tables")
    assert {name: (small_disk / name).read_bytes() for name in names(small_disk) if "." in name} == before


LIMITED = """
import resource, sys
from waterplan.base.whole_files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole(sys.argv[1], bytes(5000))
except Exception as error:
    print(type(error).__name__, error.text(sys.argv[2]))
"""


@pytest.mark.parametrize(("language", "words"), [("en", "What stood there is unharmed"), ("zh", "原有文件未受影响")])
def test_a_file_larger_than_the_system_allows_is_told_in_the_users_language(tmp_path, language, words):
    (tmp_path / "old").write_bytes(OLD)
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "old", language], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert told.stdout.startswith("OutputError"), told.stderr
    assert words in told.stdout
    assert (tmp_path / "old").read_bytes() == OLD
    assert names(tmp_path) == ["old"]


STOPPED = """
import sys, time
from waterplan.base.whole_files import whole
with whole(sys.argv[1]) as part:
    part.write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""


def stopped(folder):
    """A process in the middle of writing over a file."""
    (folder / "old").write_bytes(OLD)
    return subprocess.Popen(
        [sys.executable, "-c", STOPPED, folder / "old"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_writer_that_is_killed_leaves_what_stood_there(tmp_path):
    writer = stopped(tmp_path)
    assert writer.stdout.readline() == "writing\n"
    writer.kill()
    writer.communicate(timeout=60)
    assert (tmp_path / "old").read_bytes() == OLD
    write_whole(tmp_path / "old", b"new")  # what the other left keeps nobody out
    assert (tmp_path / "old").read_bytes() == b"new"


def test_a_writer_that_is_stopped_leaves_what_stood_there_and_no_part(tmp_path):
    writer = stopped(tmp_path)
    assert writer.stdout.readline() == "writing\n"
    (part,) = [name for name in names(tmp_path) if name.endswith(".part")]
    assert len(part) > len("old.part") + 16  # a name that nobody can foresee
    writer.send_signal(signal.SIGINT)
    _, said = writer.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert (tmp_path / "old").read_bytes() == OLD
    assert names(tmp_path) == ["old"]


def test_a_link_in_the_place_is_replaced_and_what_it_led_to_is_not_touched(tmp_path):
    (tmp_path / "elsewhere").write_bytes(OLD)
    (tmp_path / "report.html").symlink_to("elsewhere")
    write_whole(tmp_path / "report.html", b"new")
    assert (tmp_path / "elsewhere").read_bytes() == OLD
    assert not (tmp_path / "report.html").is_symlink()
    assert (tmp_path / "report.html").read_bytes() == b"new"


@pytest.mark.parametrize("rights", [0o600, 0o640, 0o664])
def test_a_file_keeps_its_permissions(tmp_path, rights):
    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "old").chmod(rights)
    write_whole(tmp_path / "old", b"new")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == rights


def test_what_only_its_owner_may_read_never_stands_open(tmp_path):
    (tmp_path / "own.csv").write_bytes(OLD)
    (tmp_path / "own.csv").chmod(0o644)
    write_whole(tmp_path / "own.csv", b"secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "own.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["水" * 80 + ".csv", "💧" * 62 + ".csv", "two\nlines.csv", ".csv", "x" * 251 + ".csv"])
def test_any_name_that_the_system_allows_is_one_for_a_file(tmp_path, name):
    write_whole(tmp_path / name, b"new")
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["x" * 256, "nul\0.csv", "old", "file/new.csv"])
def test_where_no_file_can_stand_is_told_in_words(tmp_path, tiny, name):
    (tmp_path / "old").mkdir()
    (tmp_path / "file").write_bytes(OLD)
    design = Design().sample(4, {"saving_target": [20, 320]}, study="technology")
    for work in (
        lambda path: write_whole(path, b"new"),
        lambda path: run_batch(design, path, tiny, workers=0, tell=lambda progress: None),
        lambda path: Plan.open(path, tiny),
        open_runs,
        open_answers,
    ):
        with pytest.raises(WaterplanError):
            work(tmp_path / name)
    assert names(tmp_path) == ["file", "old"]


def test_a_folder_that_is_a_link_is_a_place_as_another(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link" / "new", b"new")
    assert (tmp_path / "real" / "new").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_a_pipe_and_a_device_are_no_place_for_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(OutputError, match="no plain file"):
            write_whole(path, b"content")


def test_a_key_is_not_written_over_another(tmp_path):
    (tmp_path / "key").write_bytes(OLD)
    with pytest.raises(WaterplanError, match="File exists"):
        write_key(tmp_path / "key", "x" * 43)
    assert (tmp_path / "key").read_bytes() == OLD


BARE = {"write_text", "write_bytes", "replace_file", "mkstemp", "NamedTemporaryFile"}
BARE_OF_OS = {"replace", "rename", "renames", "link", "symlink", "open"}
INTO_MEMORY = {
    "to_netcdf",
    "to_csv",
    "to_excel",
    "to_parquet",
    "to_zarr",
    "savefig",
    "write_pdf",
    "Workbook",
    "ZipFile",
}
IN_MEMORY = {"packed", "content", "io.BytesIO(data)"}
ALLOWED = {  # (file, call): why it writes by itself
    ("waterplan/planning/batch/export.py", "to_netcdf"): "into the part of a file that whole() moves",
    ("waterplan/planning/batch/new_store.py", "os.replace"): "moves a store that was made beside its place",
    ("waterplan/planning/batch/lock.py", "os.open"): "a lock has no content",
    ("waterplan/base/plain_files.py", "os.open"): "only reads",
    ("waterplan/plants/pool/database.py", "os.open"): "makes the empty file of a database that SQLite then writes",
    ("waterplan/cli/entry.py", "os.open"): "the null device, for an output that nobody reads any more",
    ("waterplan/cli/plan.py", "to_csv"): "of a plan, which writes whole",
    ("waterplan/cli/plan.py", "to_excel"): "of a plan, which writes whole",
    (
        "waterplan/planning/uncertainty/robust.py",
        "to_zarr",
    ): "a group that counts only when its list of digests is there",
    ("dashboards/exports.py", "to_csv"): "into a folder of its own, which is then read and removed",
    ("dashboards/exports.py", "to_excel"): "into a folder of its own, which is then read and removed",
}


def bare_writers(path):
    """Calls that write a file and are none of the one mechanism."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        owner = getattr(getattr(node.func, "value", None), "id", "")
        words = [arg.value for arg in [*node.args, *(k.value for k in node.keywords)] if isinstance(arg, ast.Constant)]
        modes = [word for word in words if isinstance(word, str) and len(word) <= 3 and set(word) & set("wax+")]
        if name in BARE or (name == "open" and owner != "os" and modes and not set("".join(modes)) - set("rwaxbt+")):
            yield name
        elif owner == "os" and name in BARE_OF_OS:
            yield f"os.{name}"
        elif name in INTO_MEMORY and node.args and ast.unparse(node.args[0]) not in IN_MEMORY:
            yield name


def test_no_file_is_written_but_by_the_one_mechanism():
    files = [*ROOT.glob("waterplan/**/*.py"), *ROOT.glob("dashboards/**/*.py")]
    found = {
        (path.relative_to(ROOT).as_posix(), call)
        for path in files
        if path.name != "whole_files.py"
        for call in bare_writers(path)
    }
    assert found - set(ALLOWED) == set(), "write it with waterplan.base.whole_files, or say in ALLOWED why not"
    assert set(ALLOWED) - found == set(), "no longer needed: take it out"
