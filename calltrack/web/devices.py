"""Browsers in which somebody has signed in before, so that they still can while others guess at their password.

Tries in such a browser are counted by themselves, tries in all others against the e-mail address, from wherever they
come ("device cookies", OWASP); both against the network address that they come from. A browser is known once the person
was proven in it to every company: a password proves that, a word of one company's provider does not.
"""

import secrets
from datetime import timedelta

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from calltrack.accounts.throttle import name_of, name_of_network
from calltrack.web.cookies import DEVICE, keep_cookie, read_cookie

LASTS = timedelta(days=180)


def names_to_try(*, kind: str, who: str, email: str) -> list[str]:
    """Under which names a try of this browser is counted: `kind` of try, and on whom."""
    known = _device_of(email)
    whose = name_of(kind, who) if known is None else name_of(f"{kind}-device", known)
    return [whose, name_of_network(request.remote_addr)]


def remember_device(answer: Response, *, email: str) -> None:
    """The person has signed in here."""
    device = _device_of(email) or secrets.token_urlsafe(16)
    keep_cookie(answer, DEVICE, _signer().dumps([name_of("email", email), device]), lasts=LASTS)


def _device_of(email: str) -> str | None:
    """This browser's own name, where that person has signed in in it."""
    try:
        whose, device = _signer().loads(read_cookie(DEVICE) or "", max_age=int(LASTS.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return str(device) if whose == name_of("email", email) else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known device")
