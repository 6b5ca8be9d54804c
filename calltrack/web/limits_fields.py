"""The fields that say what somebody may do: the role, and the campaigns that they are limited to."""

from flask import request

from calltrack.accounts.roles import ROLES
from calltrack.web.forms import BadField, text_field

LARGEST_ID = 2**31 - 1
MOST_CAMPAIGNS = 2000


def role_field() -> str:
    """One of the roles; raises BadField."""
    role = text_field("role")
    if role not in ROLES:
        raise BadField("Choose a role.")
    return role


def limits_field() -> list[int] | None:
    """The campaigns that were ticked, None where all are meant; raises BadField."""
    if text_field("sees") != "some":
        return None
    ticked = request.form.getlist("campaign")[:MOST_CAMPAIGNS]
    if not ticked:
        raise BadField("Tick at least one campaign, or choose all of them.")
    ids = [int(one) for one in ticked if one.isascii() and one.isdigit() and len(one) <= 10]
    if len(ids) < len(ticked) or any(one > LARGEST_ID for one in ids):
        raise BadField("Tick campaigns of the list.")
    return ids
