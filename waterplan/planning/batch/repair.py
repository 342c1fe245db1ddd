"""A store's own files put back where they are damaged: the design makes the same ones again, byte by byte, or none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from waterplan.planning.batch.digests import FOLDER, MADE, DamageError, links_in, read_list, stands, write_list
from waterplan.planning.batch.lock import written_alone
from waterplan.planning.batch.new_store import make_store, seal_metadata
from waterplan.planning.batch.placement import place
from waterplan.planning.batch.runs import Runs
from waterplan.planning.batch.store_files import StoreFiles
from waterplan.study.tables.path_faults import not_a_folder


def mend(store: Path, runs: Runs) -> None:
    """Puts back what a store was made with, where that is not as it was written.

    Nothing is touched unless what this waterplan makes of the runs has the digests of the store; then a store of other
    runs, or of another version, stays as it is, and opening it says what is wrong with it.
    """
    if not_a_folder(store / FOLDER) or any(file.is_dir() for file in links_in(store)):
        return
    try:
        made = read_list(store, MADE)
    except DamageError:
        made = None
    if made is not None:
        files = StoreFiles(store)
        if files.first_damage(made) is None and files.is_gathered():
            return
    with written_alone(store), tempfile.TemporaryDirectory(prefix=f".{store.name}.", dir=store.parent) as folder:
        fresh = Path(folder) / "store"
        make_store(fresh, runs)
        new = read_list(fresh, MADE) or {}
        if made is not None and made != new:
            return
        size = {file: (fresh / file).stat().st_size for file in new}
        lost = [file for file, digest in new.items() if not stands(store / file, digest, size[file])]
        if made is None and lost:  # nobody can tell whether these runs are those of the store
            return
        for file in lost:
            place(store, file, (fresh / file).read_bytes())
        write_list(store, MADE, new)
        seal_metadata(store)
