"""What every answer tells a browser, whichever door it comes from; pages say more (web/guard.py)."""

from flask import Flask, Response

from calltrack.ground import Ground

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# A year; subdomains are not ours to speak for.
_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


def init_app(app: Flask) -> None:
    """Add the headers to every answer that does not say otherwise itself."""
    ground: Ground = app.extensions["calltrack"]
    headers = {**_ALWAYS, **(_HTTPS if ground.settings.base_url.startswith("https://") else {})}

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
