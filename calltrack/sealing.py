"""Sealing what is kept but is not to be read by whoever holds the database or the disk alone."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calltrack.config import Settings


class SealBroken(Exception):
    """What was sealed under another SECRET_KEY, or was tampered with."""


def seal(settings: Settings, data: bytes, *, purpose: str) -> bytes:
    """`data`, encrypted and authenticated by SECRET_KEY; only the same `purpose` opens it."""
    return _key(settings.session_secret, purpose).encrypt(data)


def unseal(settings: Settings, sealed: bytes, *, purpose: str) -> bytes:
    """What was sealed. Raises SealBroken."""
    try:
        return _key(settings.session_secret, purpose).decrypt(sealed)
    except InvalidToken:
        raise SealBroken(f"this {purpose} was sealed under another SECRET_KEY, or is damaged") from None


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"calltrack {purpose}".encode())
    return Fernet(urlsafe_b64encode(derived.derive(secret.encode())))
