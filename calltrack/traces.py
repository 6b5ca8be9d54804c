"""What a request leaves in the audit trail, for pages and programs alike."""

from collections import OrderedDict
from threading import Lock
from time import monotonic

from flask import current_app, request

from calltrack.accounts.sign_in import Visitor
from calltrack.audit import Deed, Trace, note
from calltrack.ground import ground, keep_within
from calltrack.phone import mask_numbers
from calltrack.scope import Scope

SAFE = ("GET", "HEAD", "OPTIONS")
# A player asks for a recording in many parts, and a page that is open looks again: that is one deed.
_ONE_DEED_SECONDS, _MOST_REMEMBERED = 300.0, 10_000
_REPEATED: tuple[Deed, ...] = ("saw", "played", "refused")
# Arguments of routes that name nothing, or that nobody may learn.
_NAMELESS = {"id", "name", "phone", "wanted", "deed", "version", "token"}
_SECRET = {"token"}
_NOUNS = {"external_id": "job"}


class _Lately:
    """Deeds of the last minutes, of one application in this process."""

    def __init__(self) -> None:
        self._left = OrderedDict[tuple[object, ...], float]()
        self._lock = Lock()

    def is_new(self, deed: tuple[object, ...]) -> bool:
        """True once in _ONE_DEED_SECONDS."""
        now = monotonic()
        with self._lock:
            before = self._left.pop(deed, None)
            self._left[deed] = now if before is None or now - before > _ONE_DEED_SECONDS else before
            while len(self._left) > _MOST_REMEMBERED:
                self._left.popitem(last=False)
            return self._left[deed] == now

    def forget(self, deed: tuple[object, ...]) -> None:
        """What could not be written is still to be."""
        with self._lock:
            self._left.pop(deed, None)


def keep_to(visitor: Visitor, *, action: str) -> None:
    """From here on the request sees the visitor's account alone, and what it changes leaves a trace."""
    scope = Scope(visitor.account.id, visitor.campaign_ids, visitor.user_id)
    if request.method in SAFE:
        keep_within(scope)
    else:
        keep_within(scope, trace=_trace(visitor, action))


def leave(visitor: Visitor, *, deed: Deed, action: str) -> None:
    """Leave an entry of what the request shows or hands out, or of what it was refused."""
    if deed == "played" and "download" in request.args:
        deed = "downloaded"
    _write(_trace(visitor, action), deed)


def leave_for_stranger(*, account_id: int, who: str, deed: Deed, action: str) -> None:
    """Leave an entry of what somebody got who is not signed in: `who` in words."""
    noun, noun_id = _named()
    _write(Trace(account_id, who, request.remote_addr, action, _route(), noun, noun_id), deed)


def _write(trace: Trace, deed: Deed) -> None:
    lately: _Lately = current_app.extensions.setdefault("lately", _Lately())
    one = (trace.account_id, trace.who, deed, trace.action, trace.noun, trace.noun_id or trace.route)
    if deed in _REPEATED and not lately.is_new(one):
        return
    try:
        with ground().database.whole.write.begin() as session:
            note(
                session, account_id=trace.account_id, who=trace.who, deed=deed, action=trace.action, route=trace.route,
                noun=trace.noun, noun_id=trace.noun_id, address=trace.address,
            )  # fmt: skip
    except BaseException:
        lately.forget(one)
        raise


def _trace(visitor: Visitor, action: str) -> Trace:
    noun, noun_id = _named()
    return Trace(visitor.account.id, visitor.name, request.remote_addr, action, _route(), noun, noun_id)


def _route() -> str:
    return f"{request.method} {request.url_rule}"


def _named() -> tuple[str, str | None]:
    """What the request is about: the first thing that its address names, else the list that it is of."""
    asked = request.view_args or {}
    for name, value in asked.items():
        if name not in _NAMELESS:
            return _NOUNS.get(name, name.removesuffix("_sid").removesuffix("_id")), mask_numbers(str(value))
    words = [word for word in str(request.url_rule).removeprefix("/api/v1").split("/") if word]
    named = [word.partition(".")[0] for word in words if not word.startswith("<")]
    listed = (named[1:] if named[0] == "settings" and named[1:] else named)[0] if named else "home"
    given = [str(value) for name, value in asked.items() if name not in _SECRET | {"wanted"}]
    return listed, mask_numbers(given[0]) if given else None
