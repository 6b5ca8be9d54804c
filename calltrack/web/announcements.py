"""What callers are told before all else: the company's words or sound, and a campaign's in their stead."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from calltrack.campaigns.campaigns import find_campaign
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.telephony.sounds import BadSound, set_announcement
from calltrack.web.flow_page import LARGEST_ID
from calltrack.web.forms import text_field
from calltrack.web.settings import account_page
from calltrack.web.settings_fields import refused
from calltrack.web.setup_campaigns import campaign_page
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
        typed = refused("announcement", wrong, not_done="The announcement was not changed")
        return (account_page(typed) if campaign_id is None else campaign_page(campaign_id, typed)), 400
    flash("Saved: callers hear it from the next call on.", "done")
    if campaign_id is None:
        return redirect(url_for("web.settings.account", _anchor="announcement"), 303)
    return redirect(url_for("web.setup_campaigns.show", campaign_id=campaign_id, _anchor="announcement"), 303)
