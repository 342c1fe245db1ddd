"""Where bundles are kept: in the package for the studies that come with it, else in the user's cache.

A bundle is named by what it was made from: the bytes of the tables and the code that reads them. One that is stale has
another name, one that is damaged is made again, and where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from waterplan.base.plain_files import read_plain
from waterplan.base.whole_files import put
from waterplan.study.tables.bundle import Bundle, is_sound, pack, read_bundle
from waterplan.study.tables.folder import read_folder
from waterplan.study.tables.schema import FILE_BYTES_MAX, TABLES
from waterplan.study.tables.study_file import FILE as SETTINGS_FILE

PACKAGE = Path(__file__).parents[2]
SHIPPED = PACKAGE / "_shipped" / "bundles"
CODE = ("study/tables/*.py", "base/units.py", "base/vocabulary.csv")  # what bundles are made by
ENDING, KEPT = ".bundle", 16

Files = Mapping[str, bytes]


def read_tables(folder: Path) -> tuple[Bundle, Files]:
    """What the tables of a folder say, and their bytes. Raises DataError with everything that is wrong in them.

    Only the first reading of some bytes parses and checks them. The bytes are empty where they changed meanwhile.
    """
    files = table_files(folder)
    if files:
        name = bundle_name(files)
        for place in (SHIPPED, kept_in()):
            found = _read(place / name) if place else None
            if found:
                return found, files
    content = pack(*read_folder(folder))
    if not files or table_files(folder) != files:
        return read_bundle(content), {}
    _keep(bundle_name(files), content)
    return read_bundle(content), files


def table_files(folder: Path) -> dict[str, bytes]:
    """The bytes of all tables of a folder and its settings; nothing where one cannot be read, which is said later."""
    left_out = {table.file for table in TABLES.values() if table.optional and not (folder / table.file).exists()}
    names = (SETTINGS_FILE, *(table.file for table in TABLES.values()))
    try:
        return {name: read_plain(folder / name, FILE_BYTES_MAX) for name in names if name not in left_out}
    except (OSError, ValueError):
        return {}


def bundle_name(files: Files) -> str:
    """The name of the bundle that these bytes make."""
    content = hashlib.sha256(_code())
    for name, data in files.items():
        content.update(f"{name} {len(data)}\n".encode() + data)
    return content.hexdigest()[:40] + ENDING


@cache
def _code() -> bytes:
    content = hashlib.sha256()
    for file in sorted(file for pattern in CODE for file in PACKAGE.glob(pattern)):
        content.update(file.name.encode() + b"\0" + file.read_bytes())
    return content.digest()


def kept_in() -> Path | None:
    """The folder of the user's bundles; None where there is no place for it."""
    try:
        folder = user_cache_path("waterplan", appauthor=False) / "studies"
    except RuntimeError:  # a user without a home
        return None
    return folder if folder.is_absolute() else None  # else it would be a folder of the present one


def _read(file: Path) -> Bundle | None:
    with contextlib.suppress(OSError):
        content = file.read_bytes()
        return read_bundle(content) if is_sound(content) else None
    return None


def _keep(name: str, content: bytes) -> None:
    """Puts a bundle into the user's cache, and takes out those that were made longest ago."""
    folder = kept_in()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        put(folder / name, content, is_lasting=False)
        kept = sorted(folder.glob(f"*{ENDING}"), key=lambda file: file.stat().st_mtime)
        for file in kept[:-KEPT]:
            file.unlink(missing_ok=True)


def ship(data: Path, into: Path) -> list[Path]:
    """Writes the bundles of the studies in a folder, for the package; the places where they stand."""
    into.mkdir(parents=True, exist_ok=True)
    made = []
    for settings in sorted(data.glob(f"*/{SETTINGS_FILE}")):
        made.append(into / bundle_name(table_files(settings.parent)))
        put(made[-1], pack(*read_folder(settings.parent)), is_lasting=False)
    return made
