"""The pages under Access, Privacy: rules, proofs, and one person's data."""

import io
import zipfile

import pytest
from sqlalchemy import select

from calltrack.ground import Ground
from calltrack.models import Account, AuditEntry, Call, Campaign, Change, Customer, Reason
from tests.factories import NOON, Company, answered_call
from tests.twilio_wire import CALLER
from tests.web.conftest import BILLBOARD, Browser, Write


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")


def test_rules_are_set_in_one_table_and_kept_in_the_ledger_of_changes(
    ada: Browser, write: Write, anas: Company
) -> None:
    campaign = anas.campaign.id
    with write() as session:
        reason = session.scalars(select(Reason.id).where(Reason.account_id == anas.account.id)).first()
    answer = ada.post(
        "/settings/privacy/rules", account="365", **{f"campaign-{campaign}": "90", f"reason-{reason}": ""}
    )
    assert answer.status_code == 303
    with write() as session:
        assert session.get_one(Account, anas.account.id).keep_days == 365
        assert session.get_one(Campaign, campaign).keep_days == 90
        changed = session.execute(select(Change.noun, Change.was, Change.now).where(Change.field == "keep_days"))
        assert sorted(map(tuple, changed)) == [("account", None, "365"), ("campaign", None, "90")]
    assert "365" in ada.read("/settings/privacy")


def test_the_page_says_what_the_coming_night_takes_by_rules_just_saved(ada: Browser, call: Call) -> None:
    assert "In the coming night 1 call loses recording and transcript." in ada.send(
        "/settings/privacy/rules", account="1"
    )
    assert "In the coming night no call loses anything." in ada.send("/settings/privacy/rules", account="3650")


def test_a_refused_number_of_days_says_so_beside_its_field(ada: Browser, anas: Company) -> None:
    name = f"campaign-{anas.campaign.id}"
    page = ada.post("/settings/privacy/rules", **{"account": "30", name: "ten"}).text
    assert f'id="wrong-{name}">1 to 3,650, or nothing<' in page
    assert 'id="wrong-account"' not in page


def test_a_person_is_shown_with_every_name_that_they_are_known_by(
    ada: Browser, write: Write, anas: Company, call: Call
) -> None:
    with write() as session:
        session.get_one(Call, call.id).caller_name = "Lee Hart"
        session.add(Customer(account_id=anas.account.id, name="LEE HART", phone=CALLER, created_at=NOON))
        session.add(Customer(account_id=anas.account.id, name="Hart & Sons", phone=CALLER, created_at=NOON))
    page = ada.post("/settings/privacy/person", phone=CALLER).text
    assert "<dt>Names</dt><dd>LEE HART, Hart &amp; Sons</dd>" in page


@pytest.mark.parametrize(
    "fields",
    [{"account": "0"}, {"account": "ten"}, {"account": "99999"}, {"campaign-999": "9"}, {"reason-2147483648": "x"}],
)
def test_a_rule_that_cannot_be_changes_nothing(
    ada: Browser, write: Write, anas: Company, fields: dict[str, str]
) -> None:
    ada.post("/settings/privacy/rules", **{"account": "", **fields})
    with write() as session:
        assert session.get_one(Account, anas.account.id).keep_days is None


def test_another_companys_campaign_is_out_of_reach(dee: Browser, write: Write, anas: Company) -> None:
    dee.post("/settings/privacy/rules", account="", **{f"campaign-{anas.campaign.id}": "1"})
    with write() as session:
        assert session.get_one(Campaign, anas.campaign.id).keep_days is None


def test_a_person_is_found_handed_out_and_erased(
    ada: Browser, write: Write, anas: Company, call: Call, ground: Ground
) -> None:
    assert "Nothing is stored" in ada.post("/settings/privacy/person", phone="+13125550177").text
    found = ada.post("/settings/privacy/person", phone="(312) 555-0111")
    assert "<strong>1</strong> call, <strong>1</strong> recording" in found.text
    assert "<dt>Last call</dt><dd><time" in found.text
    assert "This cannot be undone." in found.text
    exported = ada.post("/settings/privacy/person/export", phone=CALLER)
    assert exported.mimetype == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(exported.data)).namelist()[:2] == ["README.txt", "person.json"]
    assert ada.post("/settings/privacy/person/erase", phone=CALLER, last_four="0112").status_code == 400
    assert "(312) 555-0111" in ada.read(f"/calls/{call.call_sid}")
    assert ada.post("/settings/privacy/person/erase", phone=CALLER, last_four="0111").status_code == 303
    assert 'see the <a href="/settings/privacy/erasures">proofs</a>' in ada.see("/settings/privacy")
    assert "Caller erased" in ada.read(f"/calls/{call.call_sid}")
    page = ada.read(f"/calls/{call.call_sid}")
    assert "(312) 555-0111" not in page
    assert "the caller asked for it (request 2)" in page
    assert "my furnace" not in page
    with write() as session:
        left = session.execute(select(AuditEntry.deed, AuditEntry.route).order_by(AuditEntry.id)).all()
        assert ("exported", "POST /settings/privacy/person/export") in [tuple(one) for one in left]
        assert CALLER[-7:] not in str(session.execute(AuditEntry.__table__.select()).all())


def test_the_proofs_are_found_by_call_and_saved(ada: Browser, dee: Browser, anas: Company, call: Call) -> None:
    ada.post("/settings/privacy/person/erase", phone=CALLER, last_four="0111")
    for address in ("/settings/privacy/erasures", f"/settings/privacy/erasures?call={call.call_sid}"):
        assert call.call_sid in ada.read(address)
        assert call.call_sid not in dee.read("/settings/privacy/erasures")
    assert "Nothing was erased of this call" in ada.read("/settings/privacy/erasures?call=CAnever")
    saved = ada.http.get("/settings/privacy/erasures.csv").text.splitlines()
    assert len(saved) == 3
    assert saved[0].startswith("Erased,What,Call,Recording,SHA-256,Why,By")


@pytest.mark.parametrize("phone", ["", "hello", "anonymous", "\x00", "+1 (312)", "9" * 500])
def test_what_is_no_number_is_refused_with_a_sentence(ada: Browser, phone: str) -> None:
    for deed in ("", "/export", "/erase"):
        answer = ada.post(f"/settings/privacy/person{deed}", phone=phone)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
