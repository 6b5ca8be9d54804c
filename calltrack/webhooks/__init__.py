"""The carrier's door: verify, parse, hand over, answer."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


def init_app(app: Flask) -> None:
    """Open the carrier's door."""
    from calltrack.webhooks import sounds, views

    app.register_blueprint(views.bp)
    app.register_blueprint(sounds.bp)
    app.session_interface = _PeoplesSessions()


class _PeoplesSessions(SecureCookieSessionInterface):
    """Cookies are for people: a carrier's request, for which somebody waits, is not searched for one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith("/webhooks/"):
            return None
        return super().open_session(app, request)
