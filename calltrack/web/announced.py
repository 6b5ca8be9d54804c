"""What a page shows of an announcement: the words or the sound in force, and whose they are."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from calltrack.models import Account, Campaign
from calltrack.telephony.sounds import list_sounds, tells_of_recording
from calltrack.web.visitors import visitor


def announcement_context(session: Session, *, owner: Account | Campaign) -> dict[str, Any]:
    """What `flows/announcement.html` shows of an account or a campaign."""
    account = session.get_one(Account, visitor().account.id)
    sounds = list_sounds(session, account=account)
    heard = owner if owner.announcement is not None else account
    words = owner.announcement if owner.announcement_audio is None else None  # a sound brings its own
    return {
        "sounds": sounds,
        "filled": {"said_text": words or "", "said_audio": owner.announcement_audio or ""},
        "heard": heard.announcement,
        "heard_sound": next((one for one in sounds if one.sha256 == heard.announcement_audio), None),
        "sound_names": {one.sha256: one.name for one in sounds},
        "silent_on_recording": not tells_of_recording(heard.announcement or ""),
        "own": heard is owner,
        "address": url_for("web.announcements.change_companys")
        if isinstance(owner, Account)
        else url_for("web.announcements.change_campaigns", campaign_id=owner.id),
        "is_campaign": isinstance(owner, Campaign),
        "unheard": "the company records no calls"
        if account.recording == "never"
        else "this campaign's calls are not recorded"
        if isinstance(owner, Campaign) and not owner.record
        else None,
    }
