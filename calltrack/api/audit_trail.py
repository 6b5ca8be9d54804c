"""The audit trail for programs, to be kept or watched elsewhere."""

from flask import Response
from pydantic import BaseModel, Field

from calltrack.accounts.audit_trail import find_entries
from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import Items, Moment, MomentIn, PageQuery
from calltrack.audit import Deed
from calltrack.ground import ground


class AuditQuery(PageQuery):
    """Which deeds."""

    who: str | None = Field(None, max_length=320, description="A person's address, or a key's name, as a whole")
    deed: Deed | None = None
    noun: str | None = Field(None, max_length=40, description="What it was done to, as `call` or `campaign`")
    noun_id: str | None = Field(None, max_length=120, description="Which of them")
    since: MomentIn | None = None
    until: MomentIn | None = None


class AuditAnswer(BaseModel):
    """One deed. `address` is the network address that it was done from; `detail` says what was changed."""

    at: Moment
    who: str
    address: str | None
    deed: Deed
    action: str
    route: str
    noun: str | None
    noun_id: str | None
    detail: str | None


@bp.get("/audit", tags=[SETTINGS], responses={200: Items[AuditAnswer]})
@requires("audit.read", leaves="exported")
def list_audit(query: AuditQuery) -> Response:
    """Who saw, played, downloaded, exported or changed what, newest first. Nothing can be taken out of it."""
    with ground().database.read() as session:
        page = find_entries(session, account_id=visitor().account.id, **query.model_dump())
    items = [
        AuditAnswer.model_validate({name: getattr(one, name) for name in AuditAnswer.model_fields})
        for one in page.items
    ]
    return give(Items[AuditAnswer](items=items, next=page.next))
