"""Style sheets, the one script and the icon, each under an address that changes with its content."""

from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for

FOLDER = Path(__file__).parent / "static"
FOR_EVER = 365 * 24 * 3600
bp = Blueprint("assets", __name__)


@bp.get("/assets/<path:name>")
def file(name: str) -> Response:
    """One file of the folder. Only the address with its fingerprint may be kept for ever."""
    body, fingerprint = _files().get(name) or abort(404)
    answer = Response(body, mimetype=guess_type(name)[0])
    answer.set_etag(fingerprint)
    if request.args.get("v") == fingerprint:
        answer.cache_control.public = answer.cache_control.immutable = True
        answer.cache_control.max_age = FOR_EVER
    else:
        answer.cache_control.no_cache = True
    answer.make_conditional(request)
    return answer


def asset_url(name: str) -> str:
    """The address of a file as it is now."""
    return url_for("web.assets.file", name=name, v=_files()[name][1])


def has_asset(name: str) -> bool:
    """Whether there is such a file: scripts of others are fetched when calltrack is built, and pages do without."""
    return name in _files()


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """The whole folder, which is small: content and fingerprint by name, that of a library with its folder."""
    found = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    return {name: (body, sha256(body).hexdigest()[:12]) for name, body in found.items()}
