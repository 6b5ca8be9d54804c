"""Sounds for the carrier to play to callers: public, under names that nobody can guess."""

from flask import Blueprint, Response, send_from_directory

from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.storage import StorageUnavailable
from calltrack.telephony.sounds import KINDS, fetch_copy

bp = Blueprint("sounds", __name__)
_FOREVER = "public, max-age=31536000, immutable"  # the name is the content's own SHA-256


@bp.get("/sounds/<name>")
def play(name: str) -> Response:
    """The copy on this machine, or the storage's; 404 for all that nobody uploaded, or that cannot be had now."""
    folder = ground().settings.sounds.resolve()
    try:
        with ground().database.read() as session:
            there = fetch_copy(session, storage=ground().storage, folder=folder, name=name)
    except (*AWAY, StorageUnavailable, OSError):
        there = False
    if not there:
        return Response(
            "there is no such sound\n", 404, content_type="text/plain", headers={"Cache-Control": "no-store"}
        )
    answer = send_from_directory(folder, name, mimetype=KINDS[name.rpartition(".")[2]])
    answer.headers["Cache-Control"] = _FOREVER
    return answer
