"""What stands at a path that a user gave, in words, whatever the file system answers."""

from __future__ import annotations

import stat
from pathlib import Path

OUT_OF_REACH = "cannot be reached"


def not_a_file(path: Path) -> str:
    """Why there is no file at a path, as a sentence; nothing if there is one."""
    return _fault(path, "file")


def not_a_folder(path: Path) -> str:
    """Why there is no folder at a path, as a sentence; nothing if there is one."""
    return _fault(path, "folder")


def out_of_reach(path: Path) -> str:
    """Why nothing can stand at a path, such as a name that is too long, as a sentence; nothing if something can."""
    fault = _fault(path, "file")
    return fault if fault.startswith(OUT_OF_REACH) else ""


def _fault(path: Path, wanted: str) -> str:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"there is no such {wanted}."
    except (OSError, ValueError) as error:
        return f"{OUT_OF_REACH}: {getattr(error, 'strerror', None) or error}."
    found = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "pipe or a device"
    return "" if found == wanted else f"this is a {found}, not a {wanted}."
