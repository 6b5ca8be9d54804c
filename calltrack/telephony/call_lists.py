"""The carrier's own lists of calls and recordings, a page at a time: however many there are, one page is in memory."""

from collections.abc import Iterator
from datetime import datetime

from calltrack.telephony import twilio_rest as words
from calltrack.telephony.rest import Rest
from calltrack.telephony.twilio_rest import CallThere, RecordingThere


def read_calls(rest: Rest, *, since: datetime) -> Iterator[list[CallThere]]:
    """Calls and the legs of calls that began since then, newest first. Raises CarrierError.

    A call that begins while the list is read moves the rest down by one: it may come twice, but none is left out.
    """
    for page in rest.pages(words.CALLS, words.calls_query(since)):
        yield words.calls_there(page)


def read_recordings(rest: Rest, *, since: datetime) -> Iterator[list[RecordingThere]]:
    """Recordings made since then that are finished, newest first; those deleted meanwhile too. Raises CarrierError."""
    for page in rest.pages(words.RECORDINGS, words.recordings_query(since)):
        yield words.recordings_there(page)
