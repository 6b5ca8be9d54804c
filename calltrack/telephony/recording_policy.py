"""What a company decides about recording: whether calls are recorded and who is told, and where the business is."""

from sqlalchemy.orm import Session

from calltrack.accounts.settings import BadSetting
from calltrack.changes import record
from calltrack.models import Account
from calltrack.telephony.recording_law import MODES, STATES


def set_recording(
    session: Session, *, account: Account, mode: str | None = None, state: str | None = None, by: str
) -> tuple[Account, set[str]]:
    """Change what is given, from the next call on: the account as it is now, and what is new of it. An empty `state`:
    it is not said where the business is, so that the strictest law is taken. Raises BadSetting."""
    if mode is not None and mode not in MODES:
        raise BadSetting(f"{mode[:40]!r} is no way to record; choose one of: {', '.join(MODES)}")
    code = state.strip().upper() if state is not None else None
    if code and code not in STATES:
        raise BadSetting(f"{code[:40]!r} is no state of the United States; give its two letters, such as IL")
    # Race: two people change it at once; the lock lets the second see what the first wrote.
    own = session.get_one(Account, account.id, with_for_update={"key_share": True}, populate_existing=True)
    fields: dict[str, tuple[object, object]] = {}
    if mode is not None:
        fields["recording"] = (own.recording, mode)
        own.recording = mode
    if code is not None:
        fields["state"] = (own.state, code or None)
        own.state = code or None
    record(session, account_id=own.id, noun="account", noun_id=own.id, fields=fields, by=by)
    session.flush()
    return own, {name for name, (was, now) in fields.items() if was != now}
