"""The carrier's door: verify, parse, hand over, answer."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Open the carrier's door."""
    from calltrack.webhooks.views import bp

    app.register_blueprint(bp)
