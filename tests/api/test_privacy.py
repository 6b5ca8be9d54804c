"""How long things are kept, proofs, and people's wishes, for programs."""

import io
import zipfile

from sqlalchemy import select

from calltrack.models import AuditEntry
from tests.api.conftest import Program
from tests.api.test_door import Write
from tests.factories import Company, answered_call, missed_call
from tests.twilio_wire import BILLBOARD, CALLER


def test_rules_are_read_and_changed_one_by_one(ada: Program, anas: Company) -> None:
    campaign = {"id": anas.campaign.id, "keep_days": 90}
    answer = ada.ask("PATCH", "/retention", {"keep_days": 365, "campaigns": [campaign], "keep_at_carrier": False})
    assert answer.status_code == 200
    assert ada.ask("PATCH", "/retention", {"keep_originals": True}).status_code == 200
    found = ada.ask("GET", "/retention", None).get_json()
    assert (found["keep_days"], found["keep_at_carrier"], found["keep_originals"]) == (365, False, True)
    assert [one["keep_days"] for one in found["campaigns"]] == [90]
    assert ada.ask("PATCH", "/retention", {"keep_days": None}).get_json()["keep_days"] is None
    for wrong in ({"keep_days": 0}, {"campaigns": [{"id": 999, "keep_days": 1}]}):
        assert ada.ask("PATCH", "/retention", wrong).status_code == 422


def test_a_person_is_handed_out_and_erased(ada: Program, anas: Company, write: Write) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out")
        missed_call(session, number=BILLBOARD)
    export = ada.ask("POST", "/privacy/requests", {"kind": "export", "phone": "312-555-0111"})
    assert "person.json" in zipfile.ZipFile(io.BytesIO(export.data)).namelist()
    wrong = ada.ask("POST", "/privacy/requests", {"kind": "erase", "phone": CALLER, "last_four": "1"})
    assert wrong.status_code == 422
    erased = ada.ask("POST", "/privacy/requests", {"kind": "erase", "phone": CALLER, "last_four": "0111"})
    assert (erased.status_code, erased.get_json()["counts"]["calls"]) == (201, 2)
    told = ada.ask("GET", f"/calls/{call.call_sid}", None).get_json()
    assert (told["caller"], told["transcript"]) == (None, None)
    assert told["recording"]["status"] == "absent"
    assert told["recording"]["erased"]["why"] == "the caller asked for it (request 2)"
    assert ada.ask("GET", f"/calls/{call.call_sid}/recording.mp3", None).status_code == 404
    proofs = ada.ask("GET", f"/erasures?call_sid={call.call_sid}", None).get_json()["items"]
    assert sorted(one["what"] for one in proofs) == ["recording", "transcript"]
    asked = ada.ask("GET", "/privacy/requests", None).get_json()["items"]
    assert [(one["kind"], one["phone"]) for one in asked] == [("erase", "+1312*****11"), ("export", "+1312*****11")]


def test_another_companys_proofs_and_people_are_not_there(
    ada: Program, dee: Program, anas: Company, write: Write
) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, recorded=True)
    body = {"kind": "erase", "phone": CALLER, "last_four": "0111"}
    assert dee.ask("POST", "/privacy/requests", body).status_code == 422
    assert ada.ask("POST", "/privacy/requests", body).status_code == 201
    assert dee.ask("GET", "/erasures", None).get_json()["items"] == []
    assert dee.ask("GET", "/privacy/requests", None).get_json()["items"] == []


def test_only_what_is_handed_out_is_in_the_audit_trail_as_exported(ada: Program, anas: Company, write: Write) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD)

    def deeds() -> list[str]:
        with write() as session:
            asked = AuditEntry.action == "privacy.write"
            return list(session.scalars(select(AuditEntry.deed).where(asked).order_by(AuditEntry.id)))

    ada.ask("POST", "/privacy/requests", {"kind": "erase", "phone": CALLER, "last_four": "0111"})
    assert "exported" not in deeds()
    assert ada.ask("POST", "/privacy/requests", {"kind": "export", "phone": CALLER}).status_code == 200
    assert deeds().count("exported") == 1
