"""Ready plans that a new flow may begin with."""

from dataclasses import dataclass

from calltrack.telephony.plan import LEAVE_A_MESSAGE, PLAIN, Choice, Hours, Menu, Plan, Prompt, Ring, Voicemail

_CLOSED = (
    "We are closed right now. Please leave your name, your number and how we can help you after the tone, and we will "
    "call you back first thing. This message is recorded."
)
_ASKED = (
    "To book a repair or ask for an estimate, press 1 or say sales. About a job that is booked already, press 2 or say "
    "service."
)

_SECONDS = 20  # a cell phone's own voicemail picks up after about 25

_PLAIN = PLAIN.model_copy(update={"steps": {**PLAIN.steps, PLAIN.start: Ring(seconds=_SECONDS, otherwise="message")}})


@dataclass(frozen=True)
class Model:
    """A plan with what it is called and what it is good for."""

    name: str
    about: str
    plan: Plan


MODELS = {
    "plain": Model("Ring, then voicemail", "much as numbers without a flow do: a good place to start", _PLAIN),
    "hours": Model(
        "Opening hours",
        "phones ring while you are open; else a caller leaves a message at once",
        Plan(
            start="hours",
            steps={
                "hours": Hours(
                    weekly=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("08:00", "17:00"),)),
                    open="office",
                    closed="after-hours",
                ),
                "office": Ring(seconds=_SECONDS, otherwise="message"),
                "message": Voicemail(greeting=Prompt(text=LEAVE_A_MESSAGE)),
                "after-hours": Voicemail(greeting=Prompt(text=_CLOSED)),
            },
        ),
    ),
    "menu": Model(
        "Sales or service",
        "callers choose by key or voice; who does not is put through to sales",
        Plan(
            start="menu",
            steps={
                "menu": Menu(
                    prompt=Prompt(text=_ASKED),
                    choices=(
                        Choice(key="1", words=("sales", "repair", "estimate"), next="sales"),
                        Choice(key="2", words=("service", "appointment"), next="service"),
                    ),
                    otherwise="sales",
                ),
                "sales": Ring(seconds=_SECONDS, otherwise="message"),
                "service": Ring(seconds=_SECONDS, otherwise="message"),
                "message": Voicemail(greeting=Prompt(text=LEAVE_A_MESSAGE)),
            },
        ),
    ),
}
