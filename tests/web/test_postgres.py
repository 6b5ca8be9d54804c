"""Every page and form once on PostgreSQL, which is stricter than SQLite about what a text or number may be."""

from pathlib import Path

import pytest

from calltrack.db import Database
from tests.accounts.entering import enter
from tests.conftest import make_app
from tests.factories import PASSWORD, answered_call, company, person
from tests.web.conftest import BILLBOARD, Browser


@pytest.mark.slow
def test_pages_and_forms_work_on_postgresql_and_junk_is_no_error(postgres_database: str, tmp_path: Path) -> None:
    app = make_app(database=Database(postgres_database), folder=tmp_path, public_url="http://localhost")
    with app.extensions["calltrack"].database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD, roles=())
        email = person(session, account=anas.account, name="Ada", role="admin")
        token = enter(session, email=email, password=PASSWORD)
        call = answered_call(session, number=BILLBOARD, words="my furnace is out", recorded=True)
    ada = Browser(app.test_client())
    ada.http.set_cookie("calltrack_sign_in", token or "")

    campaign, page = f"/campaigns/{anas.campaign.id}?from=2026-05-01&to=2026-05-10", f"/calls/{call.call_sid}"
    assert "Billboard" in ada.read("/scorecards")
    for kpi in ("calls", "sold", "total_cost", "roi"):
        ada.see(f"{campaign}&kpi={kpi}")
    assert "my furnace is out" in ada.read(page)
    assert "None" in ada.read("/unclaimed")
    assert call.call_sid in ada.see("/calls?q=FURNACE&label=none&outcome=unbooked&reviewed=no&from=2026-05-04")

    assert "Saved: excused" in ada.send(f"{page}/label", label="excused", reason="wrong number", note="a\x00b")
    assert "spanish" in ada.send(f"{page}/tags", tag="spanish\x00")
    assert "a note" in ada.send(f"{page}/notes", note="a note\x00")
    assert "J-1" in ada.send(f"{page}/jobs", external_id="J-1\x00", customer_name="Ruth\x00", job_type="HVAC\x00")
    assert ada.sign_in("a\x00@example.com", "\x00").status_code in (302, 401)
    for junk in ("q=%00%ff", "tag=%00x", "cursor=%00", f"campaign={'9' * 40}", "from=9999-12-31"):
        assert ada.http.get(f"/calls?{junk}").status_code in (200, 400)
    for address in ("/calls/%00", f"/calls/{'x' * 3000}", f"/campaigns/{2**31 - 1}"):
        assert ada.http.get(address).status_code == 404
    assert ada.post(f"{page}/steps/{2**63 - 1}/retry").status_code == 404
