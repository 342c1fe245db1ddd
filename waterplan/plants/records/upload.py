"""Whether an uploaded workbook may be opened: looked at as a packed file, before anything reads what it holds."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from waterplan.base.messages import Message
from waterplan.plants.records.faults import Faults
from waterplan.plants.records.sheet_scan import is_bearable

BYTES_MAX = 16 * 2**20
UNPACKED_MAX = 96 * 2**20
PARTS_MAX = 1000
RATIO_MAX, RATIO_FROM = 150, 2**20  # Excel packs long tables of numbers to a tenth or twentieth
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
TYPES = "[Content_Types].xml"
ACTIVE = (  # (part, what it is): none is ever needed to tell a table
    (re.compile(r"vbaproject|macrosheets|\.bin\.rels$", re.I), "has_macros"),
    (re.compile(r"externallinks/", re.I), "has_links"),
    (re.compile(r"embeddings/|activex/|\.exe$|\.ole$", re.I), "has_objects"),
    (re.compile(r"connections\.xml$|querytables/", re.I), "has_connections"),
)
ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", re.I)
ASTRAY = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|\\|^[A-Za-z]:|\0")


def may_be_opened(data: bytes, faults: Faults) -> bool:
    """Whether a packed file is a plain workbook of bearable size without anything active; says why not."""
    fault = _fault(data)
    if fault:
        faults.add("", 0, "", fault)
    return not fault


def _fault(data: bytes) -> Message | None:
    if len(data) > BYTES_MAX:
        return Message("plants.too_many_bytes", size=f"{len(data) / 2**20:.0f}", most=f"{BYTES_MAX / 2**20:.0f}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _parts_fault(archive) or _xml_fault(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, RuntimeError):
        return Message("plants.is_damaged")


def _parts_fault(archive: zipfile.ZipFile) -> Message | None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
        return Message("plants.unpacks_to_too_much", most=f"{UNPACKED_MAX / 2**20:.0f}")
    if any(part.file_size > RATIO_FROM and part.file_size > RATIO_MAX * part.compress_size for part in parts):
        return Message("plants.packed_too_tightly")
    if any(part.flag_bits & ENCRYPTED for part in parts):
        return Message("plants.is_locked")
    if any(ASTRAY.search(part.orig_filename) for part in parts):
        return Message("plants.leads_astray")
    if any(part.compress_type not in METHODS for part in parts) or len(set(names)) < len(names):
        return Message("plants.is_damaged")
    if TYPES not in names:
        return Message("plants.is_open_document" if "mimetype" in names else "plants.is_not_a_workbook")
    for pattern, what in ACTIVE:
        if any(pattern.search(name) for name in names):
            return Message(f"plants.{what}")
    if "xl/workbook.bin" in names:
        return Message("plants.is_binary_workbook")
    return None if any(name.startswith("xl/") for name in names) else Message("plants.is_not_a_workbook")


def _xml_fault(archive: zipfile.ZipFile) -> Message | None:
    """Entities, other encodings and macros by content type; nothing is parsed for it."""
    for part in archive.infolist():
        content = archive.read(part)
        if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            return Message("plants.has_objects")
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        start = content[:400].removeprefix(b"\xef\xbb\xbf")
        said = ENCODING.match(start)
        if not start.lstrip().startswith(b"<") or (said and said[1].lower() not in (b"utf-8", b"us-ascii")):
            return Message("plants.is_damaged")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            return Message("plants.has_entities")
        if not is_bearable(part.filename, content):
            return Message("plants.too_many_tags")
        if part.filename == TYPES and re.search(rb"macroenabled", content, re.I):
            return Message("plants.has_macros")
    return None
