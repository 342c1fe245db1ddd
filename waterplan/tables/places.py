"""What stands at a path that a user gave, in words, whatever the file system answers."""

from __future__ import annotations

import stat
from pathlib import Path


def not_a_file(path: Path) -> str:
    """Why there is no file at a path, as a sentence; nothing if there is one."""
    return _fault(path, "file")


def not_a_folder(path: Path) -> str:
    """Why there is no folder at a path, as a sentence; nothing if there is one."""
    return _fault(path, "folder")


def _fault(path: Path, wanted: str) -> str:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"there is no such {wanted}."
    except (OSError, ValueError) as error:
        return f"cannot be reached: {getattr(error, 'strerror', None) or error}."
    found = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "pipe or a device"
    return "" if found == wanted else f"this is a {found}, not a {wanted}."
