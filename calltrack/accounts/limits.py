"""Which of an account's campaigns a person, a program or an invitation is limited to."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, check_role
from calltrack.models import Campaign


def check_limits(
    session: Session, *, account_id: int, role: str, campaign_ids: Iterable[int] | None
) -> list[int] | None:
    """The ids as they are kept, None for no limit. Raises BadAccount: no such role, an administrator who would be
    limited, no campaign at all, or one that is not the account's own."""
    check_role(role)
    if campaign_ids is None:
        return None
    if role == "admin":
        raise BadAccount("an administrator sees every campaign; choose another role to limit it to some")
    asked = sorted(set(campaign_ids))
    if not asked:
        raise BadAccount("choose at least one campaign, or all of them")
    own = select(Campaign.id).where(Campaign.account_id == account_id)
    if unknown := set(asked).difference(session.scalars(own)):
        raise BadAccount(f"the company has no campaign {min(unknown)}")
    return asked


def campaign_names(session: Session, *, account_id: int) -> dict[int, str]:
    """What the ids of limits are called: every campaign of the account, by name, archived ones too."""
    rows = session.execute(select(Campaign.id, Campaign.name).where(Campaign.account_id == account_id))
    return dict(sorted(((row.id, row.name) for row in rows), key=lambda one: one[1].casefold()))


def limits_words(campaign_ids: list[int] | None) -> str:
    """Limits as the ledger of changes keeps them."""
    return "all campaigns" if campaign_ids is None else "campaigns " + ", ".join(map(str, campaign_ids))
