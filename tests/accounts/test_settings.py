"""An account's own settings, and the reasons that its labels may give."""

from collections.abc import Iterator
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account
from calltrack.accounts.reasons import (
    BadReason,
    ReasonTaken,
    add_reason,
    find_reason,
    list_reasons,
    restore_reason,
    retire_reason,
)
from calltrack.accounts.settings import BadSetting, change_account, find_zone, list_zones
from calltrack.calls.labels import BadLabel, confirm_label, label_call, reasons_of
from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.models import Account
from tests.factories import CHICAGO, answered_call, company


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def account(session: Session) -> Account:
    return create_account(session, name="Ana's Heating", time_zone=CHICAGO)


def ledger(session: Session, account: Account) -> list[tuple[str, str | None, str | None, str]]:
    changes = changes_of(session, account_id=account.id, noun="account", noun_id=account.id)
    return [(one.field, one.was, one.now, one.changed_by) for one in changes]


def test_only_what_is_given_changes_and_it_is_kept_who_changed_it(session: Session, account: Account) -> None:
    own, changed = change_account(session, account=account, by="ana", lead_seconds=45)
    assert (own.time_zone, own.lead_seconds, own.match_days, changed) == (CHICAGO, 45, 14, {"lead_seconds"})
    own, changed = change_account(session, account=account, by="ada", time_zone="America/Denver", match_days=0)
    assert (own.time_zone, own.lead_seconds, own.match_days) == ("America/Denver", 45, 0)
    assert changed == {"time_zone", "match_days"}
    assert ledger(session, account) == [
        ("lead_seconds", "60", "45", "ana"),
        ("time_zone", CHICAGO, "America/Denver", "ada"),
        ("match_days", "14", "0", "ada"),
    ]


def test_the_same_again_is_no_change(session: Session, account: Account) -> None:
    _, changed = change_account(
        session, account=account, by="ana", time_zone=CHICAGO, lead_seconds=60, match_days=14
    )  # fmt: skip
    assert (changed, ledger(session, account)) == (set(), [])


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Chicago"}, {"time_zone": ""}, {"time_zone": "../etc"}, {"time_zone": "a\x00b"},
     {"lead_seconds": -1}, {"lead_seconds": 86_401}, {"match_days": -1}, {"match_days": 366}],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(session: Session, account: Account, wrong: dict[str, str]) -> None:
    with pytest.raises(BadSetting):
        change_account(session, account=account, by="ana", **wrong)  # type: ignore[arg-type]
    assert ledger(session, account) == []


def test_the_widest_settings_are_allowed(session: Session, account: Account) -> None:
    own, _ = change_account(session, account=account, by="ana", lead_seconds=86_400, match_days=365)
    assert (own.lead_seconds, own.match_days) == (86_400, 365)


@pytest.mark.parametrize("written", ["America/New_York", "america/new york", " America/New  York "])
def test_a_zone_is_found_in_any_case_and_with_blanks(written: str) -> None:
    assert find_zone(written) == "America/New_York"


def test_every_zone_on_offer_is_one() -> None:
    assert "UTC" in list_zones()
    assert all(find_zone(zone) == zone for zone in list_zones())


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_zone_or_refused(written: str) -> None:
    with suppress(BadSetting):
        assert ZoneInfo(find_zone(written))


def offered(session: Session, account: Account) -> dict[str, list[str]]:
    return reasons_of(session, account_id=account.id)


def test_a_reason_is_added_to_its_label_without_needless_blanks(session: Session, account: Account) -> None:
    reason = add_reason(session, account=account, label="excused", name="  price   shopper ", by="ana")
    assert offered(session, account)["excused"][-1] == reason.name == "price shopper"
    assert find_reason(session, account=account, reason_id=reason.id) is reason


def test_a_retired_reason_is_not_on_offer_until_it_is_restored(session: Session, account: Account) -> None:
    [vendor] = [one for one in list_reasons(session, account=account) if one.name == "vendor"]
    retire_reason(session, reason=vendor, by="ana")
    since = vendor.retired_at
    retire_reason(session, reason=vendor, by="ben")
    assert "vendor" not in offered(session, account)["excused"]
    assert vendor.retired_at == since
    restore_reason(session, reason=vendor, by="ana")
    assert "vendor" in offered(session, account)["excused"]
    changes = changes_of(session, account_id=account.id, noun="reason", noun_id=vendor.id)
    assert [(one.was, one.now, one.changed_by) for one in changes] == [(None, "yes", "ana"), ("yes", None, "ana")]


def test_adding_a_retired_reason_of_the_label_restores_it(session: Session, account: Account) -> None:
    [vendor] = [one for one in list_reasons(session, account=account) if one.name == "vendor"]
    retire_reason(session, reason=vendor, by="ana")
    with pytest.raises(ReasonTaken, match="for excused already, retired"):
        add_reason(session, account=account, label="lead", name="vendor", by="ana")
    assert add_reason(session, account=account, label="excused", name="VENDOR", by="ana") is vendor
    assert vendor.retired_at is None


@pytest.mark.parametrize(
    ("label", "name", "complaint"),
    [("excused", "Billing", "already"), ("lead", "billing", "already"), ("lead", " ", "1 to 60"),
     ("lead", "x" * 61, "1 to 60"), ("booked", "new", "one of")],
)  # fmt: skip
def test_a_reason_that_cannot_be_is_refused(
    session: Session, account: Account, label: str, name: str, complaint: str
) -> None:
    with pytest.raises(BadReason, match=complaint):
        add_reason(session, account=account, label=label, name=name, by="ana")


def test_another_accounts_reason_is_unknown(session: Session, account: Account) -> None:
    dee = create_account(session, name="Dee's Plumbing", time_zone=CHICAGO)
    [reason, *_] = list_reasons(session, account=dee)
    assert find_reason(session, account=account, reason_id=reason.id) is None


def test_labels_keep_a_reason_that_is_retired_and_new_ones_may_not_give_it(session: Session) -> None:
    anas = company(session, name="Ana's Heating", number="+13125550142")
    call, other = (answered_call(session, number="+13125550142") for _ in range(2))
    label_call(session, call=call, value="excused", reason="vendor", note=None, said_by="ana")
    [vendor] = [one for one in list_reasons(session, account=anas.account) if one.name == "vendor"]
    retire_reason(session, reason=vendor, by="ana")
    with pytest.raises(BadLabel, match="is no reason for excused"):
        label_call(session, call=other, value="excused", reason="vendor", note=None, said_by="ana")
    assert confirm_label(session, call=call, said_by="ben").reason == "vendor"
