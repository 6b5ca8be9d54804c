"""Sounds for the carrier to play to callers: public, under names that nobody can guess."""

from flask import Blueprint, Response, send_from_directory

from calltrack.db import AWAY
from calltrack.deadline import within
from calltrack.ground import ground
from calltrack.storage import StorageUnavailable
from calltrack.telephony.sounds import KINDS, fetch_copy, playable

bp = Blueprint("sounds", __name__)
_SECONDS = 4.0  # the carrier waits, and a caller with it: the words have been spoken sooner
_FOREVER = "public, max-age=31536000, immutable"  # the name is the content's own SHA-256


@bp.get("/sounds/<name>")
def play(name: str) -> Response:
    """The copy on this machine, or the storage's; 404 for all that nobody uploaded, or that cannot be had now."""
    folder, house = ground().settings.sounds.resolve(), ground()

    def fetch() -> bool:
        with house.database.read() as session:
            return fetch_copy(session, storage=house.storage, folder=folder, name=name)

    try:
        there = playable(folder=folder, sha256=name.partition(".")[0]) == name or within(_SECONDS, fetch)
    except (*AWAY, StorageUnavailable, OSError):
        there = False
    if not there:
        return Response(
            "there is no such sound\n", 404, content_type="text/plain", headers={"Cache-Control": "no-store"}
        )
    answer = send_from_directory(folder, name, mimetype=KINDS[name.rpartition(".")[2]])
    answer.headers["Cache-Control"] = _FOREVER
    return answer
