"""Job types, reasons and ledger accounts, set up on pages."""

import re

from sqlalchemy import select

from calltrack.jobs.ledger import list_ledger_accounts
from calltrack.jobs.listing import list_job_types
from calltrack.models import Change
from tests.factories import Company
from tests.web.conftest import Browser, Write, words_of
from tests.web.test_settings import kept


def test_a_threshold_is_set_for_a_type_that_is_new_or_known(ana: Browser, anas: Company, write: Write) -> None:
    ana.send("/settings/job-types", name="furnace repair", sold_threshold="")
    assert "furnace repair No threshold every billed job of this type counts as sold" in ana.read("/settings/job-types")
    page = ana.send("/settings/job-types", row="1", name="furnace repair", sold_threshold="1,500")
    assert "furnace repair: sold from $1,500.00." in page
    assert "furnace repair , Sold threshold: none → 1500.00 ana@example.com" in page
    with write() as session:
        [found] = list_job_types(session, account=anas.account)
    assert found.sold_threshold == 150_000
    page = kept(ana, "/settings/job-types", row="1", name="furnace repair", sold_threshold="much")
    assert re.search(r'name="sold_threshold"[^>]* value="much"', page)
    page = kept(ana, "/settings/job-types", name=" ", sold_threshold="7")
    assert "Enter the name of the job type." in page
    assert re.search(r'name="sold_threshold"[^>]* value="7"', page)


def test_a_job_type_in_other_case_is_not_added_twice(ana: Browser, anas: Company, write: Write) -> None:
    ana.send("/settings/job-types", name="HVAC repair", sold_threshold="150")
    page = words_of(kept(ana, "/settings/job-types", name="hvac Repair", sold_threshold="7"))
    assert "There is a job type 'HVAC repair' already: change its threshold in the list." in page
    ana.send("/settings/job-types", name="Öfen", sold_threshold="")
    assert "'Öfen' already" in words_of(kept(ana, "/settings/job-types", name="öFEN", sold_threshold=""))
    ana.send("/settings/job-types", name="furnace repair", sold_threshold="")
    names = re.findall(r'type="hidden" name="name" value="([^"]+)"', ana.see("/settings/job-types"))
    assert names == ["furnace repair", "HVAC repair", "Öfen"]
    with write() as session:
        kept_ones = {one.name: one.sold_threshold for one in list_job_types(session, account=anas.account)}
    assert kept_ones["HVAC repair"] == 15_000


def test_a_reason_is_added_retired_and_restored(ana: Browser) -> None:
    ana.send("/settings/reasons", label="excused", name="price shopper")
    [reason] = re.findall(
        r"/settings/reasons/(\d+)/retire[^>]*>(?:(?!</form>).)*Retire price shopper", ana.see("/settings/reasons")
    )
    page = ana.send(f"/settings/reasons/{reason}/retire")
    assert "Retired (1) price shopper" in page
    assert "labels that gave it keep it; restore it below." in page
    assert "What was changed (2)" in page
    assert "price shopper , Retired: none → yes ana@example.com" in page
    assert "Retired (1)" not in ana.send(f"/settings/reasons/{reason}/restore")
    page = kept(ana, "/settings/reasons", label="lead", name="Price Shopper")
    assert "already" in page
    assert 'value="Price Shopper"' in page
    assert "not to" in words_of(kept(ana, "/settings/reasons", label="booked", name="x"))
    assert ana.post("/settings/reasons/99999/retire").status_code == 404


def test_a_ledger_account_is_said_to_be_income_or_not(ana: Browser, anas: Company, write: Write) -> None:
    assert "No ledger account yet" in ana.read("/settings/ledger")
    ana.send("/settings/ledger", name="4000 Service", income="yes")
    assert "4000 Service is not income." in ana.send("/settings/ledger", name="4000 Service", income="no")
    with write() as session:
        [found] = list_ledger_accounts(session, account=anas.account)
        said = session.execute(select(Change.was, Change.now).where(Change.noun == "ledger account")).all()
    assert not found.income
    assert "4000 Service , Income: yes → no ana@example.com" in ana.read("/settings/ledger")
    assert [tuple(one) for one in said] == [(None, "yes"), ("yes", "no")]
    page = kept(ana, "/settings/ledger", name="2200 Taxes", income="perhaps")
    assert 'value="2200 Taxes"' in page
