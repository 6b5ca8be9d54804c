"""What every form is checked for and every page is answered with: no foreign forms, no foreign or inline code."""

from secrets import token_hex
from typing import Any

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

from calltrack.ground import Ground
from calltrack.web.limits import limit_pages
from calltrack.web.menu import menu_groups, menu_pages
from calltrack.web.visitors import visitor_may

# Doors for programs, which show a key or a signature: no cookie that a foreign page could make use of.
PROGRAMS = ("/api/", "/webhooks/")
LARGEST_FORM = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    """Guard every route but the programs'."""
    app.config.update(
        # On https a browser takes a cookie of such a name from no other host of the same domain.
        SESSION_COOKIE_NAME="__Host-session" if uses_https(app) else "session",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=uses_https(app),
        WTF_CSRF_CHECK_DEFAULT=False,  # check_form below does it, and leaves the programs' doors alone
        WTF_CSRF_TIME_LIMIT=None,  # a call's page may stay open over lunch; the token ends with the session
    )
    csrf = CSRFProtect(app)
    app.before_request(limit_pages)

    @app.before_request
    def check_form() -> None:
        if request.endpoint and not is_for_programs():
            request.max_content_length = LARGEST_FORM
            csrf.protect()

    @app.after_request
    def add_headers(response: Response) -> Response:
        if not is_for_programs():
            response.headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=style_nonce()))
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.context_processor
    def what_every_page_knows() -> dict[str, Any]:
        return {
            "visitor": g.get("visitor"),
            "visitor_may": visitor_may,
            "style_nonce": style_nonce,
            "menu_groups": menu_groups,
            "menu_pages": menu_pages,
        }


def style_nonce() -> str:
    """A word of this answer alone: the player draws itself with a style element of its own, and has to name it."""
    if "style_nonce" not in g:
        g.style_nonce = token_hex(16)
    nonce: str = g.style_nonce
    return nonce


def uses_https(app: Flask) -> bool:
    """True when people reach us by https, so that cookies may be kept to it."""
    ground: Ground = app.extensions["calltrack"]
    return ground.settings.base_url.startswith("https://")


def is_for_programs() -> bool:
    """True for a request to a door that is not for people."""
    return request.path.startswith(PROGRAMS)
