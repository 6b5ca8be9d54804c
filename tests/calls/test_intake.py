"""Intake: one row a call, whatever order or how often its requests arrive, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from calltrack.accounts.accounts import create_account
from calltrack.calls.intake import receive
from calltrack.calls.labels import keep_verdict
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.db import Database
from calltrack.models import Call, CallEvent, CallLeg, Recording, Step, Transcript
from calltrack.telephony.carrier import Delivery
from tests.twilio_wire import (
    ACCOUNT,
    BILLBOARD,
    CALL,
    CALLER,
    CHO,
    CHOS_COLLEAGUE,
    answered_call,
    dial,
    ended,
    leg,
    recording,
    said,
    transcript_stopped,
    voice,
)

MAY = datetime(2026, 5, 4, 15, 0, 1, tzinfo=UTC)
Request = tuple[str, dict[str, str]]


def deliver(database: Database, *requests: Request, first: datetime = MAY, token: str = "") -> None:
    for second, (kind, params) in enumerate(requests):
        delivery = Delivery(
            carrier="twilio",
            carrier_account=ACCOUNT,
            kind=kind,  # type: ignore[arg-type]
            params=params,
            received_at=first + timedelta(seconds=second),
            token=token,
        )
        with database.write.begin() as session:
            receive(session, delivery=delivery)


@pytest.fixture
def billboard(database: Database) -> int:
    """Ana's account shows the number on its billboard, since January."""
    with database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session,
            account=account,
            phone_number=BILLBOARD,
            campaign=campaign,
            forward_to=[CHO, CHOS_COLLEAGUE],
            assigned_by="ana",
            starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        return campaign.id


def row(database: Database) -> dict[str, Any]:
    """The one call there is, with everything that hangs on it, without ids."""
    with database.read() as session:
        call = session.scalars(select(Call)).one()
        legs = session.scalars(select(CallLeg).order_by(CallLeg.leg_sid)).all()
        recordings = session.scalars(select(Recording)).all()
        transcript = session.scalar(select(Transcript))
        skipped = {"_sa_instance_state", "id", "account_id", "number_id"}
        return {
            **{name: value for name, value in vars(call).items() if name not in skipped},
            "legs": [(one.number, one.status, one.duration, one.bridged) for one in legs],
            "recordings": [(one.recording_sid, one.status, one.duration, one.channels) for one in recordings],
            "steps": sorted((name, subject) for name, subject in session.execute(select(Step.name, Step.subject))),
            "turns": [(turn["speaker"], turn["text"]) for turn in transcript.turns] if transcript else [],
        }


def test_an_answered_call_becomes_one_row_on_its_campaign(database: Database, billboard: int) -> None:
    deliver(database, *answered_call())
    call = row(database)
    assert (call["call_sid"], call["campaign_id"], call["caller"], call["answered_by"]) == (
        CALL,
        billboard,
        CALLER,
        CHO,
    )
    assert (call["status"], call["duration"], call["talk_seconds"]) == ("completed", 75, 66)
    assert call["turns"] == [("caller", "my furnace is out"), ("agent", "we can come today")]
    assert call["steps"] == [("classify", ""), ("fetch", "RE11111111111111111111111111111111"), ("match", "")]


@pytest.mark.parametrize("order", ["in order", "reversed", "each twice", "with another token each time"])
def test_order_and_repetition_change_nothing(database: Database, billboard: int, order: str) -> None:
    requests = answered_call()
    told = {"reversed": requests[::-1], "each twice": [one for one in requests for _ in range(2)]}.get(order, requests)
    deliver(database, *told)
    if order == "with another token each time":
        deliver(database, *told, token="retry", first=MAY + timedelta(minutes=9))
    call = row(database)
    assert (call["started_at"], call["ended_at"]) == (MAY, datetime(2026, 5, 4, 15, 1, 16, tzinfo=UTC))
    assert (call["duration"], call["talk_seconds"], call["answered_by"]) == (75, 66, CHO)
    assert call["recordings"] == [("RE11111111111111111111111111111111", "expected", 63, 2)]
    assert len(call["legs"]) == 2
    assert len(call["turns"]) == 2
    assert [name for name, _ in call["steps"]] == ["classify", "fetch", "match"]


def test_the_same_delivery_is_kept_once_with_its_earliest_arrival(database: Database, billboard: int) -> None:
    deliver(database, ("voice", voice()), first=MAY + timedelta(seconds=5))
    deliver(database, ("voice", voice()), first=MAY)
    deliver(database, ("voice", voice()), first=MAY + timedelta(seconds=9))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(CallEvent)) == 1
    assert row(database)["started_at"] == MAY


def test_a_call_is_the_campaigns_that_its_number_belonged_to_when_it_started(
    database: Database, billboard: int
) -> None:
    deliver(database, ("voice", voice()))
    with database.write.begin() as session:
        account = session.scalars(select(Call)).one().account_id
        assert account is not None
    deliver(database, ("status", ended(at="Thu, 25 Dec 2025 10:00:00 +0000", seconds=20)))
    call = row(database)
    assert call["campaign_id"] is None, "before January the number was nobody's campaign"


def test_a_call_to_a_number_nobody_owns_is_kept_for_no_account(database: Database, billboard: int) -> None:
    deliver(database, ("voice", voice(To="+13125550199", Called="+13125550199")))
    with database.read() as session:
        call = session.scalars(select(Call)).one()
    assert (call.account_id, call.dialled) == (None, "+13125550199")


def test_a_call_whose_own_requests_name_no_number_is_found_by_its_legs(database: Database, billboard: int) -> None:
    deliver(database, *[(kind, one) for kind, one in answered_call() if "To" not in one or "ParentCallSid" in one])
    deliver(database, ("dial", dial(CallStatus="completed", DialBridged="true", To="", Called="")))
    assert [name for name, _ in row(database)["steps"]] == ["classify", "fetch", "match"], (
        "a leg names the number it came through"
    )


def test_a_finished_call_to_nobodys_number_waits_for_no_verdict(database: Database, billboard: int) -> None:
    at = "Mon, 04 May 2026 15:01:16 +0000"
    deliver(
        database,
        ("dial", dial(DialBridged="true", To="+13125550199")),
        ("status", ended(at=at, seconds=75, To="+13125550199")),
    )
    with database.read() as session:
        assert session.scalars(select(Step.name)).all() == []


def test_a_recording_first_finds_its_account_when_the_number_is_told(database: Database, billboard: int) -> None:
    deliver(database, ("recording", recording()))
    assert row(database)["campaign_id"] is None
    deliver(database, ("voice", voice()), first=MAY + timedelta(seconds=1))
    assert row(database)["campaign_id"] == billboard


def test_a_leg_that_comes_first_waits_for_its_call(database: Database, billboard: int) -> None:
    deliver(database, ("status", leg("completed", at="Mon, 04 May 2026 15:01:15 +0000", CallDuration="66")))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0
    deliver(database, ("status", ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=75)))
    assert row(database)["answered_by"] == CHO


def test_outbound_calls_make_no_call(database: Database, billboard: int) -> None:
    deliver(database, ("status", ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=75, Direction="outbound-api")))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0


def test_a_missed_call_is_not_classified(database: Database, billboard: int) -> None:
    deliver(
        database,
        ("voice", voice()),
        ("dial", dial("no-answer")),
        ("status", ended(at="Mon, 04 May 2026 15:01:16 +0000", seconds=30)),
    )
    assert (row(database)["missed"], row(database)["steps"]) == (True, [])


def test_a_label_is_withdrawn_from_a_call_that_turns_out_to_be_missed(database: Database, billboard: int) -> None:
    at = "Mon, 04 May 2026 15:01:16 +0000"
    deliver(
        database,
        ("status", leg("completed", at=at, CallDuration="5")),
        ("status", ended(at=at, seconds=30)),
    )
    with database.write.begin() as session:
        call = session.scalars(select(Call)).one()
        verdict = {"source": "rule", "confidence": 0.9, "model": "rules@1", "review": False, "evidence": []}
        keep_verdict(session, call=call, value="excused", reason="too short", **verdict)  # type: ignore[arg-type]
    assert row(database)["label_id"] is not None
    deliver(database, ("dial", dial(DialBridged="false")))
    assert (row(database)["missed"], row(database)["label_id"]) == (True, None)
    deliver(database, ("dial", dial(DialBridged="true", DialCallSid="CA" + "2" * 32)))
    with database.write.begin() as session:
        call = session.scalars(select(Call)).one()
        keep_verdict(session, call=call, value="excused", reason="too short", **verdict)  # type: ignore[arg-type]
    assert row(database)["label_id"] is not None, "the same word again is in force again"


def test_news_of_how_long_they_talked_has_the_call_judged_again(database: Database, billboard: int) -> None:
    deliver(
        database,
        ("dial", dial(DialBridged="true", DialCallDuration="5")),
        ("status", ended(at="Mon, 04 May 2026 15:06:00 +0000", seconds=320)),
    )
    with database.write.begin() as session:
        session.scalars(select(Step).where(Step.name == "classify")).one().state = "done"
    deliver(database, ("dial", dial(DialBridged="true", DialCallDuration="300")))
    with database.read() as session:
        assert session.scalars(select(Step).where(Step.name == "classify")).one().state == "due"


def test_a_recording_of_an_outbound_call_is_left_alone(database: Database, billboard: int) -> None:
    deliver(database, ("status", voice(Direction="outbound-api")), ("recording", recording()))
    with database.read() as session:
        assert session.scalars(select(Step)).all() == []


def test_a_call_under_way_when_its_number_is_attached_is_the_campaigns(database: Database) -> None:
    with database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="ana"
        )
    now = datetime.now(UTC)
    deliver(database, ("voice", voice()), ("status", ended(at=format_datetime(now), seconds=75)), first=now)
    assert row(database)["campaign_id"] == campaign.id


def test_an_unclaimed_call_is_not_given_to_who_attaches_its_number_later(database: Database) -> None:
    then = datetime.now(UTC) - timedelta(days=2)
    deliver(database, ("voice", voice()), ("status", ended(at=format_datetime(then), seconds=75)), first=then)
    with database.write.begin() as session:
        account = create_account(session, name="Dee's Plumbing", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Flyers")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="dee"
        )
    deliver(database, ("recording", recording()))
    with database.read() as session:
        assert session.scalars(select(Call.account_id)).one() is None


def test_an_absent_recording_is_never_fetched(database: Database, billboard: int) -> None:
    deliver(database, ("voice", voice()), ("recording", recording("absent")))
    call = row(database)
    assert (call["recordings"][0][1], call["steps"]) == ("absent", [])


def test_speech_that_comes_after_the_verdict_has_the_call_judged_again(database: Database, billboard: int) -> None:
    deliver(database, *answered_call())
    with database.write.begin() as session:
        session.scalars(select(Step).where(Step.name == "classify")).one().state = "done"
    deliver(database, ("transcription", said("and the water heater", at="2026-05-04T15:00:40Z", sequence=5)))
    with database.read() as session:
        assert session.scalars(select(Step).where(Step.name == "classify")).one().state == "due"


def match_states(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Step.state).where(Step.name == "match")))


def done(database: Database) -> None:
    with database.write.begin() as session:
        session.execute(update(Step).values(state="done"))


def test_the_caller_s_jobs_are_matched_once_a_call_has_ended(database: Database, billboard: int) -> None:
    answered = ("dial", dial(DialBridged="true", DialCallDuration="60"))
    deliver(database, ("voice", voice()), answered)
    assert match_states(database) == []
    over = ("status", ended(at="Mon, 04 May 2026 15:06:00 +0000", seconds=320))
    deliver(database, over)
    assert match_states(database) == ["due"]
    done(database)
    deliver(database, over, answered)
    assert match_states(database) == ["done"], "nothing that a job is matched by has changed"


def test_a_call_that_turns_out_answered_or_another_campaign_s_has_its_jobs_matched_again(
    database: Database, billboard: int
) -> None:
    deliver(database, ("status", ended(at="Mon, 04 May 2026 15:06:00 +0000", seconds=320)))
    assert match_states(database) == [], "missed, so far"
    deliver(database, ("dial", dial(DialBridged="true", DialCallDuration="300")))
    assert match_states(database) == ["due"]
    done(database)
    deliver(database, ("status", ended(at="Thu, 25 Dec 2025 10:00:00 +0000", seconds=20)))
    assert row(database)["campaign_id"] is None
    assert match_states(database) == ["due"]


@pytest.mark.parametrize("caller", ["anonymous", "client:ana", ""])
def test_who_hides_a_number_is_matched_to_no_job(database: Database, billboard: int, caller: str) -> None:
    who = {"From": caller, "Caller": caller}
    over = ended(at="Mon, 04 May 2026 15:06:00 +0000", seconds=320, **who)
    deliver(database, ("dial", dial(DialBridged="true", DialCallDuration="300", **who)), ("status", over))
    assert row(database)["ended_at"] is not None
    assert match_states(database) == []


def test_the_transcript_is_there_while_the_call_still_runs(database: Database, billboard: int) -> None:
    deliver(database, ("transcription", said("hello", at="2026-05-04T15:00:15Z")), ("voice", voice()))
    with database.read() as session:
        transcript = session.scalars(select(Transcript)).one()
        assert (transcript.text, transcript.complete) == ("hello", False)
    deliver(database, ("transcription", transcript_stopped()))
    with database.read() as session:
        assert session.scalars(select(Transcript)).one().complete


@pytest.mark.slow
def test_requests_that_arrive_at_once_lose_nothing(database: Database, billboard: int) -> None:
    """Race: the first requests of a call reach several processes together."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: deliver(database, one), answered_call() * 2))
    call = row(database)
    assert (call["status"], call["duration"], call["talk_seconds"], call["answered_by"]) == ("completed", 75, 66, CHO)
    assert (len(call["legs"]), len(call["recordings"]), len(call["turns"]), len(call["steps"])) == (2, 1, 2, 3)
