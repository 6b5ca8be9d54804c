"""A list of four calls, each of another kind, and which of them a page shows."""

import re
from datetime import timedelta

from sqlalchemy.orm import Session

from calltrack.calls.labels import label_call
from calltrack.calls.tags import tag_call
from calltrack.campaigns.campaigns import create_campaign
from calltrack.models import Call
from tests.factories import NOON, Company, answered_call, missed_call, running_call, tracking_number
from tests.web.conftest import BILLBOARD

RADIO = "+13125550143"


def four_calls(session: Session, *, company: Company) -> dict[str, Call]:
    """Two of the billboard: one is tagged spanish, one excused by Ana; two of the radio: one is missed, one rings."""
    radio = create_campaign(session, account=company.account, name="Radio")
    tracking_number(session, account=company.account, campaign=radio, phone_number=RADIO)
    made = {
        "long": answered_call(session, number=BILLBOARD, caller="+13125550101", words="my furnace is out"),
        "short": answered_call(
            session, number=BILLBOARD, caller="+13125550102", seconds=20, started_at=NOON + timedelta(days=1)
        ),
        "missed": missed_call(session, number=RADIO, caller="+13125550103", started_at=NOON + timedelta(days=2)),
        "running": running_call(session, number=RADIO, started_at=NOON + timedelta(days=3)),
    }
    label_call(session, call=made["short"], value="excused", reason="wrong number", note=None, said_by="ana")
    tag_call(session, call=made["long"], tag="spanish", tagged_by="ana")
    return made


def listed(page: str, calls: dict[str, Call]) -> list[str]:
    """Which of the calls the page lists, in its order."""
    names = {call.call_sid: name for name, call in calls.items()}
    return [names[sid] for sid in re.findall(r'<tr [^>]*data-sid="(CA\w+)"', page)]
