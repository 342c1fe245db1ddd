"""Files of a pool: what may stand at its path, and what is written beside it."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from waterplan.base.errors import WaterplanError
from waterplan.plants.pool.database import _take_away_empty, open_engine
from waterplan.plants.pool.pool import PeerPool


def device(path) -> None:
    """A node of a device that is always full: with the numbers of Linux, but not that of the system."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 7))
    except (AttributeError, PermissionError):
        pytest.skip("no device can be made here")


def listening(path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


NODES = {"device": device, "pipe": os.mkfifo, "socket": listening, "folder": os.mkdir}


@pytest.mark.parametrize("kind", NODES)
def test_what_is_no_plain_file_is_refused_and_stays(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    NODES[kind]("pool.sqlite")
    before = os.lstat("pool.sqlite")
    with pytest.raises(WaterplanError, match="no plain file"):
        PeerPool.open("pool.sqlite")
    assert os.path.samestat(os.lstat("pool.sqlite"), before)
    assert os.listdir() == ["pool.sqlite"]


def test_only_an_empty_file_that_was_made_for_the_pool_is_taken_away(tmp_path):
    new, there, moved = tmp_path / "new.sqlite", tmp_path / "there.sqlite", tmp_path / "moved.sqlite"
    there.touch()
    engines = [open_engine(str(path)) for path in (new, there, moved)]
    moved.unlink()
    os.mkfifo(moved)
    for engine in engines:
        _take_away_empty(engine)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["moved.sqlite", "there.sqlite"]


def test_a_link_to_a_pool_is_opened(tmp_path):
    PeerPool.open(str(tmp_path / "pool.sqlite")).close()
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "pool.sqlite")
    with PeerPool.open(str(tmp_path / "link.sqlite")) as pool:
        assert pool.releases() == 0
