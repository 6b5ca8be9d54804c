"""Passwords: which may be chosen, how they are kept (argon2id), and when a kept hash is to be made anew."""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST_PASSWORD = 8
"""Of a password that an operator gives somebody by a command."""
SHORTEST_CHOICE = 12
"""Of a password that a person chooses on a page."""
LONGEST_PASSWORD = 1000
FEWEST_CHARACTERS = 5
# What the most common passwords are made of, and what is on every keyboard or in every alphabet.
_COMMON = frozenset(
    (
        "password passwort passw0rd p@ssword p@ssw0rd motdepasse contrasena qwerty qwertyuiop qwertz azerty asdfghjkl "
        "welcome letmein iloveyou admin administrator changeme default master superman batman sunshine princess dragon "
        "football baseball monkey shadow michael jennifer trustno1 whatever starwars pokemon computer internet secret "
        "spring summer autumn winter january february monday company business hello abc test guest user login "
        "correcthorsebatterystaple calltrack"
    ).split()
)
_ROWS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyzabcdef",
         "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p")  # fmt: skip
_hasher = PasswordHasher()


class BadPassword(ValueError):
    """A password that may not be chosen; the message says why."""


def check_choice(password: str, *, email: str) -> None:
    """Refuse what is guessed first: short ones, the common ones, the person's own address. Raises BadPassword.

    Length is what counts (NIST SP 800-63B, 5.1.1.2): no rule asks for capitals or signs.
    """
    if len(password) < SHORTEST_CHOICE:
        raise BadPassword(f"a password has at least {SHORTEST_CHOICE} characters; four words in a row make a good one")
    if len(password) > LONGEST_PASSWORD:
        raise BadPassword(f"a password has at most {LONGEST_PASSWORD:,} characters")
    if len(set(password)) < FEWEST_CHARACTERS:
        raise BadPassword(f"this password repeats a few characters; use at least {FEWEST_CHARACTERS} different ones")
    plain = _plain(password)
    bare = plain.strip("0123456789")
    in_a_row = len(plain) >= FEWEST_CHARACTERS and any(plain in row for row in _ROWS)
    if in_a_row or {plain, bare, _half(plain), _half(bare)} & _COMMON:
        raise BadPassword("this password is among the first that anybody tries; choose another")
    own = {_plain(email), _plain(email.partition("@")[0])} - {""}
    if {plain, bare, _half(plain), _half(bare)} & own:
        raise BadPassword("this password is your e-mail address; choose another")


def hash_choice(password: str, *, email: str) -> str:
    """What is kept of a password that a person chose. Raises BadPassword.

    It takes long on purpose, so it is done outside of a transaction.
    """
    check_choice(password, email=email)
    return _hasher.hash(password)


def hash_given(password: str) -> str:
    """What is kept of a password that an operator gives somebody. Raises BadPassword."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        most = f"{LONGEST_PASSWORD:,}"
        raise BadPassword(f"a password has at least {SHORTEST_PASSWORD} characters, and at most {most}")
    return _hasher.hash(password)


def is_right(password: str, *, kept: str | None) -> bool:
    """Whether the password belongs to the kept hash; None, or one that nobody can have, takes as long."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(kept or _nobodys_hash(), password)
    except (Argon2Error, InvalidHashError, UnicodeError):
        return False


def hash_again(password: str, *, kept: str) -> str | None:
    """The hash to be kept from now on of a password that was right, where the kept one is weaker than today's."""
    return _hasher.hash(password) if _hasher.check_needs_rehash(kept) else None


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _half(text: str) -> str:
    """A word that is written twice, once; else nothing."""
    half = text[: len(text) // 2]
    return half if half * 2 == text else ""


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
