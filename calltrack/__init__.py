"""calltrack: open, self-hosted call tracking for home-service contractors."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from calltrack.config import Settings

__version__ = "0.1.0"


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The web application: the one place that knows every door."""
    from werkzeug.middleware.proxy_fix import ProxyFix

    from calltrack import api, headers, health, queue, web, webhooks
    from calltrack.config import read_settings
    from calltrack.db import Database
    from calltrack.ground import Ground
    from calltrack.storage import open_storage

    settings = settings or read_settings()
    app = api.make_app(version=__version__)
    app.secret_key = settings.session_secret
    # Who connects is believed, and each proxy of ours about who connected to it; the address of this service is set.
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
    )
    app.extensions["calltrack"] = Ground(
        settings=settings,
        database=Database(settings.database),
        storage=open_storage(settings.recordings_url),
    )
    app.extensions["rehearse"] = _rehearse
    queue.attach(url=settings.queue_url)
    webhooks.init_app(app)
    api.init_app(app)
    web.init_app(app)
    health.init_app(app)
    headers.init_app(app)
    return app


def _rehearse(**asked: Any) -> Any:
    """The demo's rehearsal, for pages: no door imports another, and most processes never rehearse a call."""
    from calltrack.demo.rehearsal import rehearse

    return rehearse(**asked)
