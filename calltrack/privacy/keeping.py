"""The rules by which recordings and transcripts are kept, as people set them: who changed which is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.changes import Noun, record
from calltrack.models import Account, Campaign, Reason

LONGEST_DAYS = 3650


class BadKeeping(ValueError):
    """A rule that cannot be; the message says what can."""


@dataclass(frozen=True)
class Keeping:
    """How long an account keeps what: its row, its campaigns by name, its reasons in the order they were made."""

    account: Account
    campaigns: list[Campaign]
    reasons: list[Reason]


def keeping_of(session: Session, *, account: Account) -> Keeping:
    """The rules in force. An archived campaign or retired reason is among them where it has a rule of its own."""
    campaigns = select(Campaign).where(
        Campaign.account_id == account.id, Campaign.archived_at.is_(None) | Campaign.keep_days.is_not(None)
    )
    reasons = select(Reason).where(
        Reason.account_id == account.id, Reason.retired_at.is_(None) | Reason.keep_days.is_not(None)
    )
    return Keeping(
        session.get_one(Account, account.id),
        list(session.scalars(campaigns.order_by(Campaign.name))),
        list(session.scalars(reasons.order_by(Reason.id))),
    )


def keep_for(
    session: Session,
    *,
    account: Account,
    by: str,
    days: int | None,
    campaigns: Mapping[int, int | None],
    reasons: Mapping[int, int | None],
) -> bool:
    """Set the account's days and those of the named campaigns and reasons (by id); None: no rule. Whether any changed.

    What has run out by a new rule is erased in the coming night. Raises BadKeeping, and changes nothing then.
    """
    for one in (days, *campaigns.values(), *reasons.values()):
        if one is not None and not 1 <= one <= LONGEST_DAYS:
            raise BadKeeping(f"recordings are kept for 1 to {LONGEST_DAYS:,} days, or for ever; not for {one}")
    # Race: two people change rules at once; the lock lets the second see what the first wrote.
    own = session.get_one(Account, account.id, with_for_update={"key_share": True})
    rules = keeping_of(session, account=own)
    known = {("campaign", one.id): one for one in rules.campaigns} | {("reason", one.id): one for one in rules.reasons}
    wanted: dict[tuple[Noun, int], int | None] = {("account", own.id): days}
    wanted |= {("campaign", key): kept for key, kept in campaigns.items()}
    wanted |= {("reason", key): kept for key, kept in reasons.items()}
    if unknown := wanted.keys() - known.keys() - {("account", own.id)}:
        noun, key = min(unknown)
        raise BadKeeping(f"there is no {noun} {key} in use")
    changed = False
    for (noun, key), kept in wanted.items():
        row = own if noun == "account" else known[noun, key]
        fields = {"keep_days": (row.keep_days, kept)}
        changed |= row.keep_days != kept
        row.keep_days = kept
        record(session, account_id=own.id, noun=noun, noun_id=key, fields=fields, by=by)
    session.flush()
    return changed


def keep_copies(
    session: Session, *, account: Account, by: str, originals: bool | None = None, at_carrier: bool | None = None
) -> bool:
    """Whether what masking takes out is kept sealed, and whether the carrier's copies stay once ours is here; None: as
    it is. It holds for recordings that come from now on. Whether anything changed."""
    own = session.get_one(Account, account.id, with_for_update={"key_share": True})
    given = {"keep_originals": originals, "keep_at_carrier": at_carrier}
    asked = {name: wish for name, wish in given.items() if wish is not None}
    fields = {name: (getattr(own, name), wish) for name, wish in asked.items()}
    for name, wish in asked.items():
        setattr(own, name, wish)
    words = {True: "yes", False: "no"}
    told = {name: (words[was], words[now]) for name, (was, now) in fields.items()}
    record(session, account_id=own.id, noun="account", noun_id=own.id, fields=told, by=by)
    session.flush()
    return any(was != now for was, now in fields.values())
