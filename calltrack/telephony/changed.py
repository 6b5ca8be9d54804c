"""Says when what callers get may have changed, so that this machine's copies of it are renewed at once."""

import threading
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from calltrack.db import after_commit
from calltrack.models import Account, Agent, BlockedCaller, CallFlow, Campaign, Number, NumberAssignment, Sound

changed = threading.Event()
_ROUTING = (Account, Agent, BlockedCaller, CallFlow, Campaign, Number, NumberAssignment, Sound)


@event.listens_for(Session, "after_flush")
def _look_at(session: Session, _context: Any) -> None:
    if any(isinstance(one, _ROUTING) for one in (*session.new, *session.dirty, *session.deleted)):
        after_commit(session, changed.set)
