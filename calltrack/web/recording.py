"""Whether calls are recorded and who is told first: the company's choice, and what follows for each state's callers."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.agents import list_agents
from calltrack.accounts.settings import BadSetting
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.telephony.area_codes import AREA_CODES
from calltrack.telephony.recording_law import ALL_PARTIES, STATES, Policy, recording_rule
from calltrack.telephony.recording_policy import set_recording
from calltrack.telephony.sounds import tells_of_recording
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("recording", __name__)
_BY_LAW = (
    "Who calls from a state where one party's consent is enough hears no announcement, if your state is one, too. An "
    "unknown, hidden, toll-free or foreign number is told."
)
_NEVER = (
    "Nothing is announced, recorded or written down. A caller may still leave a voicemail, after words that say it is "
    "recorded."
)
MODES = {
    "announced": (
        "Tell every caller, then record",
        "The surest way: everybody hears the announcement first, whatever their state asks for.",
    ),
    "by-law": ("Tell those whose law may ask for it, and record everybody", _BY_LAW),
    "never": ("Record no conversation", _NEVER),
}
_FIELDS = ("recording", "state")


@bp.get("/settings/recording")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """The choice, and what follows from it."""
    return _page(Typed())


@bp.post("/settings/recording")
@requires("settings.write")
def change() -> ResponseReturnValue:
    """Change it, from the next call on."""
    who = visitor()
    try:
        mode = text_field("recording")
        if mode not in MODES:
            raise BadField("Choose whether calls are recorded.")
        with ground().database.write.begin() as session:
            _, changed = set_recording(session, account=who.account, mode=mode, state=text_field("state"), by=who.name)
    except (BadField, BadSetting) as wrong:
        return _page(refused("recording", wrong, not_done="Nothing was saved")), 400
    flash("Saved: it holds from the next call on." if changed else "Nothing was changed.", "done")
    return redirect(url_for("web.recording.table"), 303)


def _page(typed: Typed) -> str:
    account_id = visitor().account.id
    with ground().database.read() as session:
        account = session.get_one(Account, account_id)
        changes = changes_of(session, account_id=account_id, noun="account", noun_id=account_id)
        return render_template(
            "settings/recording.html",
            account=account,
            modes=MODES,
            states=sorted(STATES.items(), key=lambda one: one[1]),
            heard=_heard(account),
            silent=not tells_of_recording(account.announcement),
            unrecorded_campaigns=[one for one in list_campaigns(session, account=account) if not one.record],
            unrecorded_agents=[one for one in list_agents(session, account_id=account_id) if not one.record],
            changes=[one for one in changes if one.field in _FIELDS],
            mode_names={name: told[0] for name, told in MODES.items()},
            typed=typed,
        )


def _heard(account: Account) -> dict[str, Any]:
    """Callers of which states are told first, and of which they are not, as the rule has it."""
    policy = Policy(mode=account.recording, state=account.state)
    told = {
        code: recording_rule(policy=policy, caller=f"+1{codes[0]}5550123", caller_state=None).announce
        for code, codes in AREA_CODES.items()
    }
    by_name = sorted(STATES, key=STATES.__getitem__)
    return {
        "told": [STATES[code] for code in by_name if told[code]],
        "untold": [STATES[code] for code in by_name if not told[code]],
        "business": ALL_PARTIES.get(account.state or ""),
    }
