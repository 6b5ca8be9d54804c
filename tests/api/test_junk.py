"""Whatever a program with a wrong idea, or a bad mind, might send: no input breaks the API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calltrack import queue
from calltrack.db import Database
from calltrack.migrations.upgrade import upgrade
from tests import servers
from tests.api.conftest import BILLBOARD, Program
from tests.api.test_jobs import JOB
from tests.conftest import make_app
from tests.factories import answered_call, company
from tests.telephony.flowing import a_flow

_texts = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "\x00", "a\x00b", "\ud800", "0001-01-01", "9999-12-31", "2026-05-31T24:00:00Z", "-1", str(2**63), "1e999",
         "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "NaN", "'; --", "%", "_", "\u202e", "\U0001f9ef"]
    ),
)  # fmt: skip
_numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 0, -1, 1])
)
_names = st.sampled_from(
    (
        "name category daily_cost lead_seconds from to sold_threshold phone_number campaign_id forward_to whisper flow "
        "configure label reason note confirm text customer job_type status created_at completed_at call_sid items "
        "technician_lead invoices number subtotal amount income phone cursor limit kpi q tag caller is_lead outcome "
        "reviewed linked time_zone match_days archived income labels batch calls seen answer blind_calls "
        "kind due_at due_before assigned_to result state email plan draft pattern why says audio announcement "
        "carrier role recording record campaign_ids expires_at call_back_minutes text_back text_help text_to"
    ).split()
)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(_names, _texts), inner, max_size=6)),
    max_leaves=12,
)
_job = st.fixed_dictionaries(
    {name: st.one_of(st.just(value), _json) for name, value in JOB.items()},
    optional={"call_sid": st.one_of(st.just("known"), _json), "campaign_id": st.one_of(st.just(1), _json)},
)
_steps = st.fixed_dictionaries(
    {"kind": st.sampled_from(["say", "hours", "menu", "ring", "voicemail", "hangup"])},
    optional={
        "prompt": st.one_of(_json, st.fixed_dictionaries({"text": _texts}, optional={"audio": _texts})),
        "next": st.sampled_from(["a", "b"]), "otherwise": st.sampled_from(["a", "b", "c"]), "weekly": _json,
        "phones": st.lists(st.fixed_dictionaries({"phone": st.just("+13125550190")}, optional={"weight": _numbers})),
        "greeting": st.fixed_dictionaries({"text": _texts}), "longest": _numbers, "whisper": _texts,
    },
)  # fmt: skip
_beginnings = st.from_regex(r"\+?[0-9]{0,16}\*?")
_many_steps = st.dictionaries(st.sampled_from(["a", "b"]), _steps)
_flow = st.fixed_dictionaries(
    {"plan": st.fixed_dictionaries({"start": st.just("a"), "steps": _many_steps})},
    optional={"name": _texts, "draft": st.booleans()},
)
_body = st.one_of(
    st.binary(max_size=40),
    st.one_of(
        _json,
        _job,
        st.dictionaries(_names, _json),
        st.fixed_dictionaries(
            {"name": st.one_of(_texts, _json)}, optional={"daily_cost": _json, "lead_seconds": _numbers}
        ),
        st.lists(st.fixed_dictionaries({"from": st.one_of(_texts, st.dates().map(str)), "daily_cost": _numbers})),
        st.fixed_dictionaries(
            {
                "calls": st.lists(
                    st.fixed_dictionaries(
                        {"call_sid": st.one_of(st.just("known"), _texts)},
                        optional={"label": _texts, "confirm": st.just(True), "reason": _texts, "seen": _numbers},
                    ),
                    max_size=3,
                )
            }
        ),
        st.fixed_dictionaries({"answer": st.sampled_from(["lead", "cannot tell"])}, optional={"reason": _texts}),
        st.fixed_dictionaries({"labels": st.lists(_numbers, max_size=3)}),
        st.fixed_dictionaries({"batch": st.one_of(_texts, st.just("1-3"))}),
        st.fixed_dictionaries({"result": _texts}),
        _flow,
        st.fixed_dictionaries({"pattern": st.one_of(_texts, _beginnings)}, optional={"why": _texts}),
        st.fixed_dictionaries({"name": _texts, "says": _texts, "audio": st.one_of(_texts, st.just("UklGRg=="), _json)}),
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["call-back", "follow-up"]),
                "due_at": st.one_of(_texts, st.datetimes().map(lambda m: f"{m.isoformat()}Z")),
            },
            optional={"assigned_to": _texts, "note": _texts},
        ),
        st.fixed_dictionaries(
            {
                "phone_number": st.just("+13125550188"),
                "campaign_id": st.just(1),
                "forward_to": st.just(["+13125550190"]),
            },
            optional={"from": st.one_of(_texts, st.datetimes().map(lambda m: f"{m.isoformat()}Z")), "whisper": _texts},
        ),
    ).map(lambda found: json.dumps(found).encode()),
)
_part = st.one_of(
    _texts, st.integers().map(str), st.sampled_from(["1", "known", str(2**31), str(2**63), str(10**30)])
).map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe=""))
_query = st.dictionaries(_names, _part, max_size=5).map(
    lambda found: "&".join(f"{name}={value}" for name, value in found.items())
)
_dates = st.tuples(st.dates(), st.dates()).map(lambda pair: f"from={min(pair)}&to={max(pair)}&kpi=total_cost")
_operations = st.sampled_from(
    [
        ("GET", "/calls"), ("GET", "/calls/{}"), ("GET", "/calls/{}/labels"), ("GET", "/calls/{}/recording.mp3"),
        ("GET", "/calls/{}/original"), ("GET", "/calls/{}/original.mp3"),
        ("GET", "/campaigns"), ("GET", "/campaigns/{}/costs"), ("GET", "/job-types"), ("GET", "/jobs"),
        ("GET", "/jobs/{}"), ("GET", "/numbers"), ("GET", "/scorecards"), ("GET", "/scorecards/{}"),
        ("GET", "/scorecards/1/rows"), ("GET", "/unclaimed-calls"), ("POST", "/calls/known/notes"),
        ("POST", "/campaigns"), ("POST", "/numbers"), ("PUT", "/calls/known/label"), ("PUT", "/calls/known/tags/{}"),
        ("DELETE", "/calls/known/tags/{}"), ("PUT", "/campaigns/1/costs"), ("PUT", "/job-types/{}"),
        ("PUT", "/jobs/{}"), ("GET", "/account"), ("GET", "/campaigns/{}"), ("GET", "/reasons"),
        ("GET", "/ledger-accounts"), ("GET", "/setup-warnings"), ("PATCH", "/account"),
         ("PATCH", "/campaigns/1"), ("POST", "/reasons"),
        ("DELETE", "/reasons/{}"), ("PUT", "/ledger-accounts/{}"), ("GET", "/review"), ("POST", "/review/labels"),
        ("POST", "/review/undo"), ("GET", "/review/blind"), ("PUT", "/review/blind/{}"), ("GET", "/classifier/error"),
        ("GET", "/tasks"), ("POST", "/calls/known/tasks"), ("POST", "/tasks/{}/done"), ("GET", "/agents"),
        ("PUT", "/agents/{}"), ("DELETE", "/agents/{}"), ("GET", "/flows"), ("POST", "/flows"), ("GET", "/flows/{}"),
        ("PUT", "/flows/1"), ("PUT", "/flows/{}"), ("DELETE", "/flows/{}"), ("GET", "/flows/{}/versions"),
        ("POST", "/flows/1/versions/{}/restore"), ("GET", "/flows/1/preview"), ("GET", "/sounds"), ("POST", "/sounds"),
        ("DELETE", "/sounds/{}"), ("GET", "/campaigns/{}/announcement"), ("PUT", "/campaigns/1/announcement"),
        ("GET", "/blocked-callers"), ("POST", "/blocked-callers"), ("DELETE", "/blocked-callers/{}"),
        ("GET", "/numbers/available"), ("POST", "/numbers/buy"), ("POST", "/numbers/{}/park"),
        ("POST", "/keys"), ("DELETE", "/keys/{}"), ("POST", "/people"), ("PATCH", "/people/{}"),
        ("DELETE", "/people/{}"), ("POST", "/invitations"), ("DELETE", "/invitations/{}"),
        ("GET", "/retention"), ("PATCH", "/retention"), ("GET", "/erasures"), ("GET", "/privacy/requests"),
        ("POST", "/privacy/requests"), ("POST", "/numbers/{}/unpark"), ("POST", "/numbers/1/release"),
        ("GET", "/numbers/{}/check"),
    ]
)  # fmt: skip


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.enable_socket])],
)
def junkyard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A company on SQLite and one on PostgreSQL that everything may be thrown at."""
    folder: Path = tmp_path_factory.mktemp("junk")
    if request.param == "sqlite":
        yield from _program(f"sqlite:///{folder}/calltrack.db", folder)
    else:
        with servers.postgres_database_of(request.getfixturevalue("postgres_url"), template="template0") as url:
            yield from _program(url, folder)


def _program(url: str, folder: Path) -> Iterator[Program]:
    database = Database(url)
    upgrade(database)
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD)
        a_flow(session, account=anas.account)
        answered_call(session, number=BILLBOARD, sid="known", recorded=True, words="my furnace is out")
    app = make_app(database=database, folder=folder, twilio_auth_token=())
    queue.attach(url="")
    yield Program(app.test_client(), anas.keys["admin"])
    app.extensions["calltrack"].database.dispose()
    database.dispose()


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=_operations, part=_part, query=st.one_of(_query, _dates), body=_body)
def test_no_input_whatever_breaks_the_api(
    junkyard: Program, operation: tuple[str, str], part: str, query: str, body: bytes
) -> None:
    method, path = operation
    more: dict[str, Any] = {"data": body, "content_type": "application/json"} if method not in ("GET", "DELETE") else {}
    answer = junkyard.ask(method, f"{path.format(part)}?{query}", **more)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json", answer.text
        assert answer.get_json(force=True)["detail"]
