"""What callers are told before all else: the company's words or sound, and a campaign's in their stead."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import find_campaign
from calltrack.ground import ground
from calltrack.models import Account, Campaign
from calltrack.telephony.sounds import BadSound, list_sounds, set_announcement
from calltrack.web.flow_page import LARGEST_ID
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("announcements", __name__)


@bp.post("/settings/account/announcement")
@requires("settings.write")
def change_companys() -> ResponseReturnValue:
    """Say what all callers hear whose campaign has no words of its own."""
    return _change(None)


@bp.post(f"/settings/campaigns/<int(max={LARGEST_ID}):campaign_id>/announcement")
@requires("campaigns.write")
def change_campaigns(campaign_id: int) -> ResponseReturnValue:
    """Say what this campaign's callers hear; nothing: what the company says."""
    return _change(campaign_id)


def announcement_context(session: Session, *, owner: Account | Campaign) -> dict[str, Any]:
    """What `flows/announcement.html` shows of an account or a campaign."""
    account = session.get_one(Account, visitor().account.id)
    sounds = list_sounds(session, account=account)
    heard = owner if owner.announcement is not None else account
    return {
        "sounds": sounds,
        "filled": {"said_text": owner.announcement or "", "said_audio": owner.announcement_audio or ""},
        "heard": heard.announcement,
        "heard_sound": next((one for one in sounds if one.sha256 == heard.announcement_audio), None),
        "own": heard is owner,
        "address": url_for("web.announcements.change_companys")
        if isinstance(owner, Account)
        else url_for("web.announcements.change_campaigns", campaign_id=owner.id),
        "is_campaign": isinstance(owner, Campaign),
    }


def _change(campaign_id: int | None) -> ResponseReturnValue:
    said: dict[str, Any] = {
        "text": text_field("said_text") or None,
        "audio": text_field("said_audio") or None,
        "by": visitor().name,
    }
    try:
        with ground().database.write.begin() as session:
            account = session.get_one(Account, visitor().account.id)
            if campaign_id is None:
                set_announcement(session, owner=account, **said)
            else:
                campaign = find_campaign(session, account=account, campaign_id=campaign_id) or abort(404)
                set_announcement(session, owner=campaign, **said)
    except BadSound as wrong:
        flash(f"The announcement was not changed: {wrong}.", "problem")
    else:
        flash("Saved: callers hear it from the next call on.", "done")
    if campaign_id is None:
        return redirect(url_for("web.settings.account", _anchor="announcement"), 303)
    return redirect(url_for("web.setup_campaigns.show", campaign_id=campaign_id, _anchor="announcement"), 303)
