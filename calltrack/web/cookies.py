"""The cookies that a browser keeps for us: no script, no foreign site and, on https, no plain http ever sees them."""

from datetime import timedelta
from typing import cast

from flask import Response, current_app, request

SIGN_IN, DEVICE = "calltrack_sign_in", "calltrack_device"


def read_cookie(name: str) -> str | None:
    """What the browser sent back."""
    return request.cookies.get(_called(name))


def keep_cookie(answer: Response, name: str, value: str, *, lasts: timedelta) -> None:
    """Have the browser keep it and send it back to this server alone."""
    answer.set_cookie(
        _called(name), value, max_age=lasts, path="/", httponly=True, samesite="Lax", secure=_on_https()
    )  # fmt: skip


def drop_cookie(answer: Response, name: str) -> None:
    """Have the browser forget it."""
    answer.delete_cookie(_called(name), path="/", httponly=True, samesite="Lax", secure=_on_https())


def _called(name: str) -> str:
    """A browser takes a cookie of such a name from https alone, and from no other host of the same domain."""
    return f"__Host-{name}" if _on_https() else name


def _on_https() -> bool:
    return cast("bool", current_app.config["SESSION_COOKIE_SECURE"])
