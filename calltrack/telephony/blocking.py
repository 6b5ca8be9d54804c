"""Callers whom an account's phones turn away: one number, all that begin alike, or all who withhold theirs."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.models import Account, BlockedCaller, CallFlow, FlowVersion, Number
from calltrack.phone import is_e164, normalise
from calltrack.telephony.carriers import is_withheld
from calltrack.telephony.circles import phones_of, tracking_number_among

NUMBERLESS = "withheld"
"""The pattern for callers who keep their number to themselves."""
MOST_BLOCKS = 2_000
LONGEST_WHY = 500  # characters
_PREFIX = re.compile(r"\+[1-9]\d{2,14}\*", re.ASCII)


class BadBlock(ValueError):
    """A block that cannot be; the message says what can."""


def matches(pattern: str, caller: str | None) -> bool:
    """True where a block of `pattern` means this caller: the same number, or one that begins as `+1900*` says.

    A caller who withholds their number, or shows none, is meant by `withheld` alone.
    """
    if not caller or is_withheld(caller=caller):
        return pattern == NUMBERLESS
    return caller.startswith(pattern[:-1]) if pattern.endswith("*") else caller == pattern


def block_caller(session: Session, *, account: Account, pattern: str, why: str | None = None, by: str) -> BlockedCaller:
    """Turn these callers away from their next call on; whom we block already stays blocked as they are.

    `pattern`: a number in any usual spelling, a prefix with its country (`+1900*`), or `withheld`. Raises BadBlock,
    also for a pattern that means a phone of the account's own people.
    """
    clean = read_pattern(pattern)
    why = " ".join((why or "").split()) or None
    if why and len(why) > LONGEST_WHY:
        raise BadBlock(f"the reason for a block has at most {LONGEST_WHY} characters")
    wait_for_turn(session, account=account)  # Race: the same caller is blocked twice at once
    standing = _standing(account)
    if found := session.scalar(standing.where(BlockedCaller.pattern == clean)):
        return found
    if own := next((phone for phone in own_phones(session, account=account) if matches(clean, phone)), None):
        raise BadBlock(f"{clean} means {own} as well, one of your own phones; block something narrower")
    if tracking_number_among(session, account_id=account.id, phones=[clean]):
        raise BadBlock(f"{clean} is a tracking number of yours; block the number that a caller shows")
    if (session.scalar(select(func.count()).select_from(standing.subquery())) or 0) >= MOST_BLOCKS:
        raise BadBlock(f"{MOST_BLOCKS:,} callers are blocked, and no more can be; lift some, or block a prefix")
    block = BlockedCaller(
        account_id=account.id, pattern=clean, why=why, blocked_at=datetime.now(UTC), blocked_by=by
    )  # fmt: skip
    session.add(block)
    session.flush()
    return block


def lift_block(session: Session, *, block: BlockedCaller, by: str) -> None:
    """Let them in again; that they were blocked is kept. Lifting twice is lifting once."""
    session.refresh(block, with_for_update=True)  # Race: two people lift it; the first one's name stays
    if block.lifted_at is None:
        block.lifted_at, block.lifted_by = datetime.now(UTC), by
        session.flush()


def list_blocked(session: Session, *, account: Account) -> list[BlockedCaller]:
    """Who is blocked now, the newest first."""
    return list(session.scalars(_standing(account).order_by(BlockedCaller.id.desc())))


def find_block(session: Session, *, account: Account, block_id: int) -> BlockedCaller | None:
    """The account's own block of that id, be it lifted or not."""
    return session.scalar(
        select(BlockedCaller).where(BlockedCaller.account_id == account.id, BlockedCaller.id == block_id)
    )


def read_pattern(written: str) -> str:
    """What somebody wrote, as it is kept. Raises BadBlock."""
    clean = written.strip()
    if clean.lower() == NUMBERLESS or is_withheld(caller=clean):
        return NUMBERLESS
    if clean.endswith("*"):
        clean = re.sub(r"[\s().-]", "", clean)
        if not _PREFIX.fullmatch(clean):
            raise BadBlock(f"{written!r} is no beginning of a number: write it like +1900*, with at least 3 digits")
        return clean
    number = normalise(clean)
    if not is_e164(number):
        raise BadBlock(
            f"{written!r} is neither a phone number like +13125550142, nor the beginning of one like +1900*, "
            f"nor {NUMBERLESS!r}"
        )
    return NUMBERLESS if is_withheld(caller=number) else number


def _standing(account: Account) -> Select[BlockedCaller]:
    return select(BlockedCaller).where(BlockedCaller.account_id == account.id, BlockedCaller.lifted_at.is_(None))


def own_phones(session: Session, *, account: Account) -> Iterator[str]:
    """Every phone that rings for the account: whoever answers there may call a tracking number to try it."""
    for numbers in session.scalars(
        select(Number.forward_to).where(Number.account_id == account.id, Number.released_at.is_(None))
    ):
        yield from map(str, numbers)
    for plan in session.scalars(
        select(FlowVersion.plan)
        .join(CallFlow, CallFlow.version_id == FlowVersion.id)
        .where(CallFlow.account_id == account.id, CallFlow.retired_at.is_(None))
    ):
        yield from phones_of(plan)
