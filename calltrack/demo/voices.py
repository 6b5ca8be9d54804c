"""The names of the voices that the demo speaks with; here, because whoever only names one needs no synthesiser."""

# Of espeak's variants those that a speech recogniser understands best at 8 kHz.
CALLER_VOICES = (
    "en-us+f2",
    "en-us+Hugo",
    "en-us+steph",
    "en-us+max",
    "en-us+f5",
    "en-us+benjamin",
    "en-us+m6",
    "en-us+john",
)
AGENT_VOICES = ("en-us+f3", "en-us+Gene", "en-us+Storm", "en-us+Michael")
