"""Options that cannot be: each is told in words, in both languages, before anything is opened, made or served."""

import errno
import json
import os
import re
import subprocess
import sys

import pytest
from chinese import assert_chinese
from places import ROOT, TINY

from waterplan.cli.entry import main

pytest.importorskip("panel")
app = pytest.importorskip("dashboards.app")
from dashboards.option_faults import checked_port, listen  # noqa: E402
from dashboards.passwords import add_user  # noqa: E402
from waterplan.base.errors import DataError, ScenarioError, WaterplanError  # noqa: E402

CLASS_NAME = re.compile(r"\b[A-Z]\w*(Error|Exception)\b")
SQUARE = [[[100, 30], [101, 30], [101, 31], [100, 31], [100, 30]]]
ELSEWHERE = {"properties": {"province": "elsewhere"}, "geometry": {"type": "Polygon", "coordinates": SQUARE}}
NOT_THERE, NO_FOLDER, NOT_PLAIN = "No such file or directory", "there is no such folder", "this is no plain file"
HOST, NO_DATABASE, MODE = "give HOST or HOST:PORT", "a file may be no database", "every account of this machine"
CASES = (
    ("--scenarios", "notes.txt", 4, "this is a file, not a folder"),
    ("--scenarios", "nowhere", 4, NO_FOLDER),
    ("--scenarios", "", 4, NO_FOLDER),
    ("--scenarios", "pipe", 4, "this is a pipe or a device, not a folder"),
    ("--scenarios", "empty", 4, "no scenario file (*.toml) is in this folder"),
    ("--runs", "notes.txt", 3, "this is a file, not a folder"),
    ("--runs", "nowhere", 3, NO_FOLDER),
    ("--runs", "", 3, NO_FOLDER),
    ("--pool", "notes.txt", 8, NO_DATABASE),
    ("--pool", "empty", 8, "it is no plain file"),
    ("--pool", "pipe", 8, "it is no plain file"),
    ("--pool", "", 8, "the address given is neither"),
    ("--pool", "nowhere/pool.sqlite", 8, 'there is no folder "nowhere"'),
    ("--pool", "postgresql://u:s3cret@127.0.0.1:1/x", 8, "does not answer as it should"),
    ("--origin", "nonsense", 8, "a host without a dot is known to its own network only"),
    ("--origin", "*", 8, HOST),
    ("--origin", "*.example.org", 8, HOST),
    ("--origin", "a.example:99999", 8, HOST),
    ("--origin", "a.example:0", 8, HOST),
    ("--origin", "999.1.1.1", 8, HOST),
    ("--origin", "[:::]", 8, HOST),
    ("--origin", "https://a.example", 8, HOST),
    ("--address", "", 8, "cannot listen on :0"),
    ("--address", "a" * 300, 8, "Name or service not known"),
    ("--outline-map", "notes.txt", 3, "not GeoJSON"),
    ("--outline-map", "nowhere", 3, NOT_THERE),
    ("--outline-map", "", 3, NOT_PLAIN),
    ("--outline-map", "empty.json", 3, "not a FeatureCollection"),
    ("--outline-map", "/dev/zero", 3, NOT_PLAIN),
    ("--outline-map", "pipe", 3, NOT_PLAIN),
    ("--basic-auth", "nowhere", 8, NOT_THERE),
    ("--basic-auth", "notes.txt", 8, "not TOML"),
    ("--basic-auth", "bytes", 8, "not UTF-8"),
    ("--basic-auth", "plain.toml", 8, "scrypt"),
    ("--basic-auth", "empty", 8, "give a plain file"),
    ("--basic-auth", "pipe", 8, "give a plain file"),
    ("--basic-auth", "seen.toml", 8, f"{MODE} may read or change it (mode 0644)"),
    ("--cookie-secret-file", "nowhere", 8, NOT_THERE),
    ("--cookie-secret-file", "bytes", 8, "not UTF-8"),
    ("--cookie-secret-file", "plain.toml", 8, "32 signs"),
    ("--cookie-secret-file", "/dev/zero", 8, "give a plain file"),
    ("--cookie-secret-file", "seen", 8, f"{MODE} may read or change it (mode 0644)"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Files and folders that are not what is asked for."""
    home = tmp_path_factory.mktemp("options")
    (home / "notes.txt").write_text("root:x:0:0\n" * 300, encoding="utf-8")
    (home / "bytes").write_bytes(b"\xff\xfe\x00" * 1000)
    (home / "empty").mkdir()
    (home / "empty.json").write_text("{}", encoding="utf-8")
    (home / "plain.toml").write_text('[users]\nme = "short"\n', encoding="utf-8")
    (home / "seen").write_text("s" * 64, encoding="utf-8")
    add_user(home / "seen.toml", "me", "salt and water 42")
    os.mkfifo(home / "pipe")
    for name in ("seen", "seen.toml"):
        (home / name).chmod(0o644)
    return home


@pytest.fixture
def place(home, monkeypatch):
    """There, in no language; the files and folders must be the same afterwards."""
    monkeypatch.chdir(home)
    monkeypatch.delenv("WATERPLAN_LANGUAGE", raising=False)
    before = sorted(home.rglob("*"))
    yield home
    assert sorted(home.rglob("*")) == before


def refused(*words):
    """Exit code of the command for a study that is not there, which is told where the options are found good."""
    return main(["dashboard", "--study", "no_study", "--port", "0", *words])


@pytest.mark.parametrize(("option", "given", "code", "words"), CASES)
def test_wrong_options_are_told_before_anything_is_made(place, capfd, option, given, code, words):
    assert refused(option, given) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert refused(option, given, "--language", "zh") == code
    out, chinese = capfd.readouterr()
    assert out == ""
    assert_chinese(chinese)
    for said in (err, chinese):
        assert not CLASS_NAME.search(said)
        assert "no_study" not in said
        assert "s3cret" not in said
        assert "。，" not in said


def test_all_wrong_options_are_told_at_once_and_the_first_has_the_exit_code(place, capfd, monkeypatch):
    wrong = ("--scenarios", "nowhere", "--runs", "notes.txt", "--outline-map", "empty.json")
    assert refused(*wrong) == ScenarioError.exit_code

    def taken(*_words, **_options):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))

    monkeypatch.setattr("dashboards.option_faults.bind_sockets", taken)
    assert refused(*wrong) == WaterplanError.exit_code
    before, _, after = capfd.readouterr().err.partition("cannot listen on 127.0.0.1:0: Address already in use.")
    for said in (before, after):
        assert [NO_FOLDER in said, "not a folder" in said, "not a FeatureCollection" in said] == [True] * 3


def test_nothing_listens_after_a_wrong_option(place):
    port = listen(0, "127.0.0.1")
    number = port[0].getsockname()[1]
    port[0].close()
    with pytest.raises(WaterplanError):
        checked_port(number, "127.0.0.1", origins=["*"])
    for one in listen(number, "127.0.0.1"):
        one.close()


@pytest.mark.parametrize("origin", ["localhost", "localhost:5006", "water.example.org", "10.0.0.1:5006", "[::1]:80",
                                    "planning:80", "my_host.example.org:443"])  # fmt: skip
def test_the_host_of_a_page_is_a_good_origin(origin):
    for one in checked_port(0, "127.0.0.1", origins=[origin]):
        one.close()


def test_files_that_the_owner_and_his_group_alone_may_read_are_good(tmp_path):
    users, secret = tmp_path / "users.toml", tmp_path / "secret"
    secret.write_text("s" * 64, encoding="utf-8")
    add_user(users, "me", "salt and water 42")
    for mode in (0o400, 0o600, 0o640):
        for file in (users, secret):
            file.chmod(mode)
        for one in checked_port(0, "127.0.0.1", basic_auth=str(users), cookie_secret_file=str(secret)):
            one.close()


def test_a_pool_that_is_not_there_yet_is_made_only_when_all_else_is_good(tmp_path):
    class GoodError(Exception):
        pass

    def told():
        raise GoodError

    pool = tmp_path / "pool.sqlite"
    for one in checked_port(0, "127.0.0.1", pool=str(pool)):
        one.close()
    with pytest.raises(DataError):
        app.build("no_study", pool=str(pool))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(GoodError):
        app.build(str(TINY), pool=str(pool), told=told)
    assert pool.is_file()


@pytest.mark.parametrize(("content", "words"), [
    ('title = "s"\n[levers]\ntechnology_floor.x = 1\n', 'no scenario of this folder fits the study "tiny_study"'),
    ("levers =", "not TOML"),
])  # fmt: skip
def test_a_folder_without_a_scenario_for_the_study_is_told_before_the_pages_are(tmp_path, content, words):
    (tmp_path / "one.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        app.build(str(TINY), scenarios=str(tmp_path), told=lambda: pytest.fail("told to be good"))
    assert words in str(raised.value)
    assert "one.toml" in str(raised.value)
    assert_chinese(raised.value.text("zh"))


class TestProcess:
    """The same of the command itself: what only the study can show, and a file in the place of a folder."""

    @pytest.mark.parametrize(("option", "content", "code", "words"), [
        ("--outline-map", json.dumps({"features": [ELSEWHERE]}), 3, "须与研究的省份完全一致"),
        ("--scenarios", "", 4, "这是文件，不是文件夹"),
    ])  # fmt: skip
    def test_it_ends_with_the_code_of_the_fault_and_serves_nothing(self, tmp_path, option, content, code, words):
        (tmp_path / "file").write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "waterplan", "dashboard", "--study", str(TINY), "--port", "0"]
        command += ["--language", "zh", option, str(tmp_path / "file")]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
        assert (done.returncode, done.stdout) == (code, "")
        assert words in done.stderr
        assert "Traceback" not in done.stderr
