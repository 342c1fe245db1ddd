"""The command as a process: pipes, interrupts, encodings, and how soon it answers."""

import os
import signal
import subprocess
import sys
import time

import places
import pytest
from places import ROOT

import waterplan.cli

TINY = str(places.TINY)
WATERPLAN = (sys.executable, "-m", "waterplan")
INTERRUPTED, BROKEN_PIPE = 130, 141


def start(*words: str, **environment: str) -> subprocess.Popen[bytes]:
    """Starts a command without a terminal."""
    return subprocess.Popen(
        (*WATERPLAN, *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def test_help_loads_nothing_heavy():
    script = "import sys; from waterplan.cli.entry import main; main(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    loaded = done.stdout.splitlines()[-1]
    heavy = ("numpy", "pandas", "xarray", "pyomo", "highspy", "rich")
    assert [name for name in heavy if f"'{name}'" in loaded] == []


def test_a_reader_that_goes_away_is_no_error():
    process = start("describe", "--json")
    process.stdout.close()
    assert process.wait() == BROKEN_PIPE
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.parametrize(
    ("lost", "told"), [("> /dev/full", b"The output cannot be written: No space left"), (">&-", b"output is closed")]
)
@pytest.mark.parametrize("words", ["describe", "check tests/tiny_study --json", "--help"])
def test_output_that_cannot_be_written_is_told_in_a_line(lost, told, words):
    command = f"{sys.executable} -m waterplan {words} {lost}"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 8
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_ends_quietly():
    process = start("plan", "reference")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode in (INTERRUPTED, -signal.SIGINT)  # a shell shows both as 130
    assert b"Traceback" not in err


def test_an_interrupt_while_the_commands_are_loaded_ends_quietly(monkeypatch):
    class Interrupting:
        def find_spec(self, name, path=None, target=None):
            if name == "waterplan.cli.entry":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "waterplan.cli.entry", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert waterplan.cli.main(["plan", "reference"]) == INTERRUPTED


def test_nothing_is_coloured_without_a_terminal_or_with_no_color():
    for environment in ({}, {"NO_COLOR": "1"}):
        out, err = start("plan", "--help", **environment).communicate()
        assert b"\x1b" not in out + err
    out, _ = start("plan", "reference", "--study", TINY, "--no-confirm", FORCE_COLOR="1").communicate()
    assert b"\x1b" not in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "gb18030"])
def test_chinese_survives_a_terminal_that_has_none(encoding):
    process = start("describe", "saving_target", "--language", "zh", PYTHONIOENCODING=encoding)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert any(sign in out for sign in ("节水".encode(), "节水".encode("gb18030"), b"\\u8282\\u6c34"))
