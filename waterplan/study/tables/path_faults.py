"""What stands at a path that a user gave, in words, whatever the file system answers."""

from __future__ import annotations

import stat
from pathlib import Path

from waterplan.base.messages import Message
from waterplan.base.plain_files import words_of

NOTHING_THERE = ("files.no_such_file", "files.no_such_folder")
OUT_OF_REACH = "files.out_of_reach"


def not_a_file(path: Path) -> Message | None:
    """Why there is no file at a path, as a sentence; nothing if there is one."""
    return _fault(path, "file")


def not_a_folder(path: Path) -> Message | None:
    """Why there is no folder at a path, as a sentence; nothing if there is one."""
    return _fault(path, "folder")


def is_nothing_there(fault: Message | None) -> bool:
    """Whether it is the fault of a path that nothing stands at it, so that another name may be meant."""
    return fault is not None and fault.key in NOTHING_THERE


def out_of_reach(path: Path) -> Message | None:
    """Why nothing can stand at a path, such as a name that is too long, as a sentence; nothing if something can."""
    fault = _fault(path, "file")
    return fault if fault is not None and fault.key == OUT_OF_REACH else None


def _fault(path: Path, wanted: str) -> Message | None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return Message(f"files.no_such_{wanted}")
    except OSError as error:
        return Message(OUT_OF_REACH, reason=words_of(error))
    except ValueError:
        return Message(OUT_OF_REACH, reason=Message("files.zero_byte"))
    found = "folder" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else "device"
    return None if found == wanted else Message(f"files.found_{found}_not_{wanted}")
