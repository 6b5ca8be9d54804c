"""calltrack's own HTTP API, as any program uses it."""

from typing import Any, Protocol

import requests


class ApiError(Exception):
    """The API refused, or did not answer (`status` 0)."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the HTTP status beside the sentence."""
        super().__init__(message)
        self.status = status


class Ask(Protocol):
    """Ask the API; `path` follows /api/v1. Raises ApiError."""

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request and return the answer's JSON."""
        ...


def api_over_http(*, public_url: str, api_key: str) -> Ask:
    """Return an Ask for a server's address and an API key."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api_key}"

    def ask(method: str, path: str, body: Any = None) -> Any:
        try:
            answer = session.request(method, f"{public_url}/api/v1{path}", json=body, timeout=(5, 30))
        except requests.RequestException as away:
            raise ApiError(0, f"{method} {path}: no answer ({type(away).__name__})") from away
        return _read(method=method, path=path, status=answer.status_code, text=answer.text, answer=answer)

    return ask


def api_in_process(app: Any, *, api_key: str) -> Ask:
    """Return an Ask that calls a WSGI application in this process, no socket opened."""
    from werkzeug.test import Client

    client = Client(app)

    def ask(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {api_key}"}
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        return _read(
            method=method, path=path, status=answer.status_code, text=answer.get_data(as_text=True), answer=answer
        )

    return ask


def _read(*, method: str, path: str, status: int, text: str, answer: Any) -> Any:
    if not 200 <= status < 300:
        raise ApiError(status, f"{method} {path} answered {status}: {text[:300]}")
    if not text:
        return None
    return answer.json() if callable(answer.json) else answer.json
