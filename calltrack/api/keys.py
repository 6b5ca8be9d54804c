"""The company's API keys."""

from datetime import UTC, datetime
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.keys import LONGEST_KEY_NAME, create_key, find_key, key_of, list_keys, revoke_key
from calltrack.accounts.people import KnownPerson, LastAdmin
from calltrack.api import problems
from calltrack.api.door import PEOPLE, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment, MomentIn
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import ApiKey

RoleName = Literal["admin", "manager", "coach", "csr", "sales", "read-only"]

bp.register_error_handler(BadAccount, problems.answer_refusal)
bp.register_error_handler(LastAdmin, problems.answer_taken)
bp.register_error_handler(KnownPerson, problems.answer_taken)


class NewKey(BaseModel):
    """A key to be. `campaign_ids`: all that it sees; left out, everything. `expires_at`: left out, never."""

    role: RoleName
    name: str = Field("", max_length=LONGEST_KEY_NAME, examples=["dispatch board"])
    campaign_ids: list[Id] | None = Field(None, max_length=2000)
    expires_at: MomentIn | None = None


class KeyAnswer(BaseModel):
    """A key, by its first characters; `created_by` is null where nobody said."""

    id: int
    name: str
    begins: str
    role: RoleName
    campaign_ids: list[int] | None
    created_at: Moment
    created_by: str | None
    used_at: Moment | None
    expires_at: Moment | None
    revoked_at: Moment | None
    revoked_by: str | None


class MadeKey(KeyAnswer):
    """A key that was just made; `key` is shown this once."""

    key: str


class KeyPath(BaseModel):
    """Which key."""

    key_id: Id


@bp.get("/keys", tags=[PEOPLE], responses={200: Items[KeyAnswer]})
@requires("keys.write")
def list_all_keys() -> Response:
    """The keys that are not revoked, the newest first."""
    with ground().database.read() as session:
        found = list_keys(session, account_id=visitor().account.id)
    return give(Items[KeyAnswer](items=[_answer(one) for one in found]))


@bp.post("/keys", tags=[PEOPLE], responses={201: MadeKey, **refusals(409, 413)})
@requires("keys.write")
def make_key(body: NewKey) -> Response:
    """Make a key; its text is in this answer and nowhere else."""
    who, now = visitor(), datetime.now(UTC)
    with ground().database.write.begin() as session:
        key = create_key(
            session, account=who.account, role=body.role, name=body.name, by=who.name, expires_at=body.expires_at,
            campaign_ids=body.campaign_ids,
        )  # fmt: skip
        made = find_key(session, key=key, now=now)
        assert made is not None  # noqa: S101 - for the type checker: it was made here
    return give(MadeKey(**_answer(made).model_dump(mode="python"), key=key), 201)


@bp.delete("/keys/<int:key_id>", tags=[PEOPLE], responses={200: KeyAnswer, **refusals(404, 409)})
@requires("keys.write")
def revoke(path: KeyPath) -> Response:
    """Let a key open nothing from here on; the one that asks does not revoke itself."""
    who = visitor()
    with ground().database.write.begin() as session:
        key = key_of(session, account_id=who.account.id, key_id=path.key_id)
        if key is None:
            raise Problem(404, f"there is no key {path.key_id}; GET /api/v1/keys lists yours")
        if key.id == who.key_id:
            raise Problem(409, "this is the key that you ask with; revoke it with another one")
        revoke_key(session, key=key, by=who.name, now=datetime.now(UTC))
    return give(_answer(key))


def _answer(key: ApiKey) -> KeyAnswer:
    return KeyAnswer.model_validate({name: getattr(key, name) for name in KeyAnswer.model_fields})
