"""Who stays signed in over a restart: a user there is, with the password that he signed in with."""

import re

import pytest
from browsing import serving
from knocking import Visitor

pytest.importorskip("panel")

from dashboards.passwords import Users, add_user, hash_of

USERS = {"zhang.wei": "salt and water 42", "li.na": "water and salt 24", "wang.fang": "neither of both 7"}


@pytest.fixture(scope="module")
def restarted(tmp_path_factory):
    """Visitors who signed in before a restart; meanwhile one user went and one has another password."""
    folder = tmp_path_factory.mktemp("users")
    users, secret = folder / "users.toml", folder / "secret"
    secret.touch(0o600)
    secret.write_text("s" * 40)
    for name, password in USERS.items():
        add_user(users, name, password)
    words = ("--study", "tests/tiny_study", "--basic-auth", str(users), "--cookie-secret-file", str(secret))
    with serving(*words) as (address, _):
        visitors = {name: Visitor(address, name, password) for name, password in USERS.items()}
        for visitor in visitors.values():
            assert visitor._ask("/")[0] == 200
    users.write_text(re.sub('"li.na".*\n', "", users.read_text()))
    add_user(users, "wang.fang", "quite another 8")
    with serving(*words) as (address, _):
        for visitor in visitors.values():
            visitor.address = address
        yield visitors


def test_who_did_not_change_stays_signed_in(restarted):
    restarted["zhang.wei"].open()
    with restarted["zhang.wei"].connect() as line:
        line.join()


@pytest.mark.parametrize("name", ["li.na", "wang.fang"])
def test_who_is_no_user_any_more_or_has_another_password_signs_in_again(restarted, name):
    status, headers, _ = restarted[name]._ask("/")
    assert (status, headers["Location"].split("?")[0]) == (302, "./login")
    stranger = Visitor(restarted[name].address, "zhang.wei", USERS["zhang.wei"])
    stranger.open()
    assert restarted[name].connect(stranger.token) == 403


def test_the_cookie_of_a_name_alone_lets_nobody_in(restarted):
    kept = restarted["zhang.wei"].cookies
    alone = Visitor(restarted["zhang.wei"].address)
    alone.cookies = {"user": kept["user"]}
    assert alone._ask("/")[0] == 302


def test_a_voucher_is_for_one_name_and_one_password():
    users = Users({"a": hash_of("salt water"), "b": hash_of("salt water")})
    voucher = users.voucher("a")
    assert users.is_voucher(voucher, "a")
    assert not users.is_voucher(voucher, "b")
    assert not users.is_voucher(voucher, "c")
    assert not users.is_voucher("", "a")
    assert not Users({"a": hash_of("salt water")}).is_voucher(voucher, "a")
