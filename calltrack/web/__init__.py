"""Pages for people, one blueprint a noun."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Open the people's door: every page, form and file that a browser asks for."""
    from calltrack.web import errors, guard, words
    from calltrack.web.site import site

    app.register_blueprint(site)
    guard.init_app(app)
    words.init_app(app)
    errors.init_app(app)
