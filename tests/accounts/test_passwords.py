"""Passwords: what may be chosen, and what is kept."""

import pytest
from argon2 import PasswordHasher

from calltrack.accounts.accounts import check_password, create_account, create_user, set_password
from calltrack.accounts.passwords import BadPassword, check_choice, hash_again, hash_choice, is_right
from calltrack.db import Database

EMAIL = "ana.gomez@example.com"
GOOD = "furnace on a tuesday"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", "12 characters"), ("x" * 1001, "1,000"), ("121212121212", "repeats"),
        ("Password2024!", "first that anybody"), ("passwordpassword", "first that anybody"),
        ("123456789012", "first that anybody"), ("Qwerty Uiop As D", "first that anybody"),
        ("ana.gomez1234", "e-mail address"), ("ana.gomez@example.com", "e-mail address"),
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_no_password(password: str, why: str) -> None:
    with pytest.raises(BadPassword, match=why):
        check_choice(password, email=EMAIL)


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery", "x7#kk-q2;Lmz", "пароль из четырёх слов", "!!@@##$$%%^^a"]
)
def test_length_is_what_counts(password: str) -> None:
    check_choice(password, email=EMAIL)


def test_only_the_right_one_is_right_and_nobody_has_one() -> None:
    kept = hash_choice(GOOD, email=EMAIL)
    assert GOOD not in kept
    assert is_right(GOOD, kept=kept)
    for wrong in ("", GOOD.upper(), GOOD + " ", "x" * 5000):
        assert not is_right(wrong, kept=kept)
    assert not is_right(GOOD, kept=None)
    assert not is_right(GOOD, kept="no hash at all")


def test_a_hash_that_was_made_weaker_is_made_anew() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(GOOD)
    assert is_right(GOOD, kept=weak)
    stronger = hash_again(GOOD, kept=weak)
    assert stronger
    assert is_right(GOOD, kept=stronger)
    assert hash_again(GOOD, kept=stronger) is None


def test_who_has_no_password_is_like_nobody(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        user = create_user(session, account=account, email=EMAIL, name="Ana", password=GOOD, role="admin")
        user.password_hash = ""
        session.flush()
        assert check_password(session, email=EMAIL, password="") is None
        set_password(session, email=EMAIL, password="from ops")
        assert check_password(session, email=EMAIL, password="from ops") is user
