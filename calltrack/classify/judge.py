"""One call, one verdict: what rules can say, rules say; the rest is read by the model."""

from typing import TYPE_CHECKING

from calltrack.classify.rules import needs_no_label, rule_on
from calltrack.classify.verdict import CallFacts, Verdict

if TYPE_CHECKING:
    from calltrack.classify.model import Model


def judge(*, call: CallFacts, model: "Model") -> Verdict | None:
    """Lead or excused; None for a missed call without a voicemail, and for a call nobody has transcribed yet."""
    if needs_no_label(facts=call):
        return None
    ruled = rule_on(facts=call)
    if ruled is not None:
        return ruled
    if not call.transcribed:
        return None
    return model.read(facts=call)
