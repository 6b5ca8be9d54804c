"""Every refusal as `application/problem+json`, with a sentence that a person can act on."""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from calltrack.storage import StorageUnavailable

PROBLEM_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class ProblemAnswer(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):
    """A refusal with its HTTP status; `detail` says what to do."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def answer(problem: Problem) -> Response:
    """The problem as the client gets it."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    return Response(json.dumps(body), problem.status, headers=problem.headers, content_type=PROBLEM_TYPE)


def answer_unknown_paths() -> Response | None:
    """For the whole application: what matches no route under /api is a problem like any other, never a page."""
    why = request.routing_exception
    if why is None or isinstance(why, RequestRedirect) or not f"{request.path}/".startswith("/api/"):
        return None
    if why.code == 405:
        allowed = ", ".join(sorted(getattr(why, "valid_methods", None) or ()))
        return answer(Problem(405, f"{request.method} is not possible here; use one of: {allowed}", Allow=allowed))
    return answer(Problem(404, f"there is nothing at {request.path}; /api/docs lists every address"))


def answer_invalid(error: ValidationError) -> Response:
    """Each field that cannot be used, with what is wrong about it."""
    wrong = [
        f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
    return answer(Problem(422, "; ".join(wrong[:5]) + more))


def answer_refusal(error: ValueError) -> Response:
    """A rule of the house was broken: the verb's own sentence."""
    return answer(Problem(422, str(error)))


def answer_taken(error: ValueError) -> Response:
    """What is asked for is somebody's already."""
    return answer(Problem(409, str(error)))


def answer_race(error: IntegrityError) -> Response:
    """Race: somebody else wrote the same key between our look and our write; the unique key let one of us win."""
    _log.info("two writers met: %s", error.orig)
    return answer(Problem(409, "somebody else changed the same thing at this moment; read it again, then try again"))


def answer_http(error: HTTPException) -> Response | HTTPException:
    """What Flask itself refuses while it reads a request of ours."""
    if error.code is None or error.code < 400:
        return error
    if error.code == 413:
        most = (request.max_content_length or 0) / 1024**2
        return answer(Problem(413, f"the body is larger than {most:.0f} MiB; send less at once"))
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return answer(Problem(error.code, error.description or HTTPStatus(error.code).description, **headers))


def answer_database_away(error: Exception) -> Response:
    """The database could not be asked."""
    _log.error("the database is away: %s", getattr(error, "orig", error))
    return answer(Problem(503, "the database cannot be reached at this moment; try again soon", Retry_After="5"))


def answer_storage_away(error: StorageUnavailable) -> Response:
    """The recordings could not be reached; what to do about it is for whoever runs this server."""
    _log.error("the recordings are away: %s", error)
    return answer(Problem(503, "the recordings cannot be reached at this moment; try again soon", Retry_After="30"))


def answer_mistake(error: Exception) -> Response:
    """A mistake of ours: logged in full, told in brief."""
    _log.exception("%s %s failed", request.method, request.path, exc_info=error)
    return answer(Problem(500, "calltrack made a mistake here; its log says more"))


def refusals(*statuses: int) -> dict[str | int | HTTPStatus, Any]:
    """These statuses as an operation's documented answers."""
    schema = {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}
    return {
        str(status): {"description": _MEANS.get(status, HTTPStatus(status).phrase), "content": {PROBLEM_TYPE: schema}}
        for status in statuses
    }


_MEANS = {
    400: "The request cannot be read",
    401: "The key is missing, unknown or revoked",
    403: "The key's role may not do this",
    404: "There is no such thing in the key's account, or no such address",
    409: "It is taken, or somebody else changed it at the same moment",
    413: "The body is too large",
    416: "The range lies outside the recording",
    422: "A value cannot be used",
    429: "Too many requests in a short time; `Retry-After` says when to go on",
    500: "A mistake of calltrack's",
    503: "The database or the recordings cannot be reached",
}
