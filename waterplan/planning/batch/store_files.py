"""The files of a store as zarr reads them: each compared with its digest, none a link, and no unknown codecs."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import LocalStore

from waterplan.base.errors import DataError, Problem
from waterplan.base.messages import Message
from waterplan.base.plain_files import NotPlainError, TooLargeError, is_plain, read_plain, words_of
from waterplan.planning.batch.design_file import RUNS_MAX
from waterplan.planning.batch.digests import FOLDER, MADE, DamageError, digest_of, read_list, stands
from waterplan.planning.batch.older_stores import decodes, files_of_chunk, says_the_same

ARRAY, ATTRS, ALL_METADATA = ".zarray", ".zattrs", ".zmetadata"
METADATA = (ARRAY, ATTRS, ".zgroup")
CONSOLIDATED = "consolidated"  # the list of ALL_METADATA alone, which is written anew with each group
DONE = "done"
TOLD_OF_A_RUN = ("state", "reason")  # they are there only if all of their chunk is
CODECS = {"blosc", "zstd", "zlib", "gzip", "lz4", "crc32", "crc32c", "shuffle", "vlen-utf8"}
CHUNK_BYTES_MAX = 2**31
ROOT_BYTES_MAX = 500_000_000  # of what a store says of itself, in which a whole table of levers may stand
METADATA_BYTES_MAX = 4_000_000  # of what one array or group says of itself
TEXT_BYTES_MAX = 10_000  # of one text without a fixed width
HEAD_BYTES_MAX = 65_536  # that a codec adds


class StoreFiles(LocalStore):
    """A store to read. groups: lists of digests besides that of what the store was made with.

    Stores that were made before there were digests are read as they are, through the same doors. What stands in no list
    is not there; a chunk is there when its list is. Raises DataError that names the file for what is not as it was
    written, for links and for codecs that no store of ours has.
    """

    def __init__(self, root: Path | str, *, read_only: bool = True, groups: Iterable[str] = ()):
        super().__init__(Path(root), read_only=read_only)
        self.groups = tuple(groups)
        self.made = self._lists()
        self.listed = frozenset(os.listdir(self.root / FOLDER)) if self.made is not None else frozenset()
        self.chunks: dict[str, dict[str, str]] = {}
        self.plain: set[Path] = set()
        self.arrays: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}

    @property
    def has_digests(self) -> bool:
        """Whether damage can be noticed."""
        return self.made is not None

    def is_gathered(self) -> bool:
        """Whether the file that repeats all metadata is there as it was written."""
        try:
            return self._content(ALL_METADATA) is not None
        except DataError:
            return False

    def content(self, key: str) -> bytes | None:
        """The content of a file; None where there is none. Raises DataError."""
        if key.rpartition("/")[2] == ALL_METADATA:
            return self._all_metadata(key.rpartition("/")[0])
        return self._content(key)

    def _content(self, key: str) -> bytes | None:
        self._refuse_links(key)
        wanted = self._wanted(key)
        if wanted == "":
            return None
        try:
            found = read_plain(self.root / key, self.most(key), is_link_followed=False)
        except (FileNotFoundError, NotADirectoryError, NotPlainError) as error:
            if (wanted is None and not isinstance(error, NotPlainError)) or (wanted and key not in (self.made or {})):
                return None  # a chunk that is lost: its runs are missing
            raise self._refusal(key, "not_plain" if isinstance(error, NotPlainError) else "lost") from None
        except TooLargeError:
            raise self._refusal(key, "damaged" if key in (self.made or {}) else "damaged_runs") from None
        except OSError as error:
            raise self._refusal(key, "unreadable", reason=words_of(error)) from error
        if wanted is not None and digest_of(found) != wanted:
            raise self._refusal(key, "damaged" if key in (self.made or {}) else "damaged_runs")
        self._check(key, found)
        if self.made is None:
            self._check_chunk(key, found)
        return found

    def most(self, key: str) -> int:
        """How many bytes a file can have at most, by what its array says of itself."""
        folder, _, name = key.rpartition("/")
        if key in (ATTRS, ALL_METADATA):
            return ROOT_BYTES_MAX
        if not folder or not name.partition(".")[0].isdecimal():
            return METADATA_BYTES_MAX
        try:
            array = self._array(folder)
            dtype = np.dtype(array["dtype"])
            cell = TEXT_BYTES_MAX if dtype.kind == "O" else dtype.itemsize
            return min(CHUNK_BYTES_MAX, HEAD_BYTES_MAX + 2 * cell * math.prod(array["chunks"]))
        except (DataError, KeyError, TypeError):  # then nothing of the array can be read
            return METADATA_BYTES_MAX

    def first_damage(self, digests: Mapping[str, str]) -> str | None:
        """The first file of a list that is lost or not as it was written; None where all are whole."""
        found = (key for key, digest in digests.items() if not stands(self.root / key, digest, self.most(key)))
        return next(found, None)

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """What zarr asks for: the whole of a file."""
        return await asyncio.to_thread(self.get_sync, key, prototype=prototype, byte_range=byte_range)

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """The same at once."""
        if byte_range is not None:
            raise self._refusal(key, "codec", codec="sharding")
        found = self.content(key)
        return None if found is None else (prototype or default_buffer_prototype()).buffer.from_bytes(found)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """The same for several."""
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]

    def with_read_only(self, read_only: bool = False) -> StoreFiles:
        """The same store."""
        return type(self)(self.root, read_only=read_only, groups=self.groups)

    def _all_metadata(self, group: str) -> bytes:
        """All metadata of a group in one: as it was gathered, or from the files that it repeats where it is damaged."""
        if not group and self.is_gathered():
            gathered = self._content(ALL_METADATA) or b""
            if self.made is None:
                self._compare(json.loads(gathered)["metadata"])
            return gathered
        home = f"{group}/" if group else ""
        if self.made is None:
            found = [file.relative_to(self.root) for file in (self.root / group).glob("*/.z*")]
            names = [f"{home}{name}" for name in METADATA] + [file.as_posix() for file in found]
        else:
            names = [name for name in self.made if name.startswith(home) and name.count("/") <= 1 + bool(group)]
        known = {name: self._content(name) for name in names if name.rpartition("/")[2] in METADATA}
        said = {name.removeprefix(home): self._json(name, one) for name, one in known.items() if one is not None}
        return json.dumps({"zarr_consolidated_format": 1, "metadata": said}).encode()

    def _compare(self, gathered: Mapping[str, Any]) -> None:
        """Raises DataError where a file without a digest is not as it was gathered."""
        for key, said in gathered.items():
            found = self._content(key) if key.count("/") <= 1 else None
            if found is not None and not says_the_same(self._json(key, found), said):
                raise self._refusal(key, "disagrees", other=ALL_METADATA)

    def _check_chunk(self, key: str, content: bytes) -> None:
        """Raises DataError for a chunk without a digest that cannot be what was written."""
        folder, _, name = key.rpartition("/")
        if not folder or not name.partition(".")[0].isdecimal():
            return
        if not decodes(content, self._array(folder)):
            is_of_runs = key in files_of_chunk(self._metadata(), name.partition(".")[0])
            raise self._refusal(key, "damaged_runs" if is_of_runs else "spoilt")

    def _array(self, folder: str) -> Any:
        if folder not in self.arrays:
            found = self._content(f"{folder}/{ARRAY}")
            known = self._metadata() if found is None else {}
            self.arrays[folder] = self._json(folder, found) if found is not None else known.get(f"{folder}/{ARRAY}", {})
        return self.arrays[folder]

    def _metadata(self) -> dict[str, Any]:
        if not self.metadata:
            self.metadata = json.loads(self._all_metadata(""))["metadata"]
        return self.metadata

    def is_sound(self, number: int) -> bool:
        """Whether all of a chunk is there and can be what was written; for a store without digests."""
        files = files_of_chunk(self._metadata(), str(number))
        try:
            return all(self._content(file) is not None for file in files)
        except DataError:
            return False

    def _json(self, key: str, content: bytes) -> Any:
        try:
            return json.loads(content)
        except ValueError:
            raise self._refusal(key, "unreadable", reason="JSON") from None

    def _lists(self) -> dict[str, str] | None:
        """All that stands in lists but chunks; None for a store without digests."""
        try:
            made = read_list(self.root, MADE)
            lists = {name: read_list(self.root, name) for name in self.groups}
        except DamageError as damage:
            raise self._refusal(damage.file, "damaged") from None
        if made is None:
            if (self.root / FOLDER).exists() or _says_digests(self.root):
                raise self._refusal(f"{FOLDER}/{MADE}", "lost")
            return None
        for name, one in lists.items():
            if one is None:
                raise self._refusal(f"{FOLDER}/{name}", "lost")
        more = [one for one in lists.values() if one is not None]
        with suppress(DamageError):
            more.append(read_list(self.root, CONSOLIDATED) or {})
        return made | {file: digest for one in more for file, digest in one.items()}

    def _wanted(self, key: str) -> str | None:
        """The digest that a file must have; None where none is kept of it, empty where it is not to be there."""
        if self.made is None:
            return "" if self._is_of_a_lost_chunk(key) else None
        if key in self.made:
            return self.made[key]
        folder, _, name = key.rpartition("/")
        number = name.partition(".")[0]
        if not number.isdecimal() or "/" in folder:
            return ""
        if folder == DONE:
            return None
        listed = self._of_chunk(number)
        if folder in TOLD_OF_A_RUN and not self._all_stand(listed):
            return ""
        return listed.get(key, "")

    def _is_of_a_lost_chunk(self, key: str) -> bool:
        """Whether a file without a digest tells of runs whose figures are not all there."""
        folder, _, number = key.rpartition("/")
        if folder not in TOLD_OF_A_RUN or not number.isdecimal():
            return False
        return not self._all_stand(files_of_chunk(self._metadata(), number))

    def _all_stand(self, files: Iterable[str]) -> bool:
        """Whether plain files stand there; what they hold is looked at when they are read."""
        return all(is_plain(self.root / file) for file in files)

    def _of_chunk(self, number: str) -> dict[str, str]:
        if number not in self.listed:  # a chunk that was done later: this reader knows nothing of it, or all
            return {}
        if number not in self.chunks:
            try:
                found = read_list(self.root, number)
            except DamageError as damage:
                raise self._refusal(damage.file, "damaged_runs") from None
            if found is None:
                return {}
            self.chunks[number] = found
        return self.chunks[number]

    def _refuse_links(self, key: str) -> None:
        file = self.root / key
        if file.is_symlink():
            raise self._refusal(key, "a_link")
        for folder in file.parents:
            if folder == self.root or folder in self.plain:
                break
            if folder.is_symlink():
                raise self._refusal(folder.relative_to(self.root).as_posix(), "a_link")
            self.plain.add(folder)

    def _check(self, key: str, content: bytes) -> None:
        """Raises DataError for metadata that no store of ours has."""
        name = key.rpartition("/")[2]
        if name not in (ARRAY, ALL_METADATA):
            return
        said = self._json(key, content)
        try:
            arrays = [said] if name == ARRAY else [v for k, v in said["metadata"].items() if k.endswith(ARRAY)]
            faults = [fault for array in arrays for fault in _faults(array)]
        except (TypeError, KeyError, AttributeError):
            raise self._refusal(key, "unreadable", reason="JSON") from None
        if faults:
            raise self._refusal(key, faults[0][0], **faults[0][1])

    def _refusal(self, key: str, why: str, **values: object) -> DataError:
        return DataError([Problem(str(self.root), 0, key, Message(f"store_errors.{why}", **values))])


def _says_digests(store: Path) -> bool:
    try:
        return b'"digests"' in read_plain(store / ATTRS, ROOT_BYTES_MAX, is_link_followed=False)
    except OSError:
        return False


def _faults(array: Mapping[str, Any]) -> list[tuple[str, dict[str, object]]]:
    """What an array says of itself and must not: keys of messages, with their values."""
    filters = [*(array.get("filters") or ()), *([array["compressor"]] if array.get("compressor") else ())]
    faults: list[tuple[str, dict[str, object]]] = [
        ("codec", {"codec": str(codec.get("id"))[:50]}) for codec in filters if codec.get("id") not in CODECS
    ]
    dtype = np.dtype(array["dtype"])
    if dtype.kind == "O" and "vlen-utf8" not in [codec.get("id") for codec in filters]:
        faults.append(("codec", {"codec": "object"}))
    if math.prod(array["chunks"]) * dtype.itemsize > CHUNK_BYTES_MAX or max(array["shape"], default=0) > RUNS_MAX:
        faults.append(("too_large", {"shape": str(array["shape"])[:100]}))
    return faults
