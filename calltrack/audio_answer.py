"""A stored recording as the answer to a request: whole, in part, or unchanged (RFC 9110, sections 13 and 14)."""

import re
from hashlib import sha256

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from calltrack.storage import Storage

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(?:(\d{1,99})-(\d{0,99})|-(\d{1,99}))\s*", re.ASCII | re.IGNORECASE)


def answer_audio(*, storage: Storage, key: str, name: str, part: tuple[int, int] | None = None) -> Response | None:
    """The recording kept under `key`, as a file of that name; None if nothing is kept there. `part`: only those bytes
    of it, from the first to before the last, as if they were all there is.

    A GET for one range of bytes gets it as 206, unless If-Range names another ETag; several ranges, another unit and
    what cannot be read as a range get the whole. Raises RequestedRangeNotSatisfiable (416) for a range that lies
    outside, and StorageUnavailable.
    """
    size = storage.size(key=key)
    if size is None:
        return None
    offset, size = (part[0], min(part[1], size) - part[0]) if part else (0, size)
    answer = Response(mimetype="audio/mpeg")
    # A stored recording is never changed, so that its name, size and part are all that can differ.
    etag = sha256(f"{offset} {size} {key}".encode()).hexdigest()[:32]
    answer.set_etag(etag)
    answer.accept_ranges = "bytes"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers.set("Content-Disposition", "inline", filename=name)
    answer.make_conditional(request)
    if answer.status_code != 200:  # 304: the listener has it already
        return answer
    span = _wanted(size=size, etag=etag)
    start, end = span or (0, size)
    if request.method != "HEAD":
        try:
            answer.response = storage.read(key=key, start=offset + start, end=offset + end)
        except FileNotFoundError:  # erased since we asked for its size
            return None
    if span:
        answer.status_code = 206
        answer.content_range.set(start, end, size)
    answer.content_length = end - start
    return answer


def _wanted(*, size: int, etag: str) -> tuple[int, int] | None:
    """The bytes that are asked for, from the first to before the second; None: all."""
    asked = _ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    same = request.headers.get("If-Range", f'"{etag}"').strip() == f'"{etag}"'  # a date or weak tag proves nothing
    if not asked or not same or request.method != "GET":
        return None
    first, last, suffix = asked.groups()
    if last and int(last) < int(first):
        return None
    start = max(size - int(suffix), 0) if suffix else int(first)
    if start >= size:
        raise RequestedRangeNotSatisfiable(
            length=size, description=f"The recording has {size} bytes; ask for some of those."
        )
    return start, min(int(last) + 1, size) if last else size
