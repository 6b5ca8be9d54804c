"""The API against its own OpenAPI document: requests that fit it and requests that do not, made by schemathesis."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from calltrack import queue
from calltrack.accounts.keys import create_key
from calltrack.db import Database
from calltrack.models import Account
from tests.api.conftest import BILLBOARD
from tests.api.test_door import body_of, fill, operations
from tests.conftest import make_app
from tests.factories import answered_call, company
from tests.telephony.flowing import a_flow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Findings:
    """What came of it: how often each status was answered, and what was wrong, once for each kind of fault."""

    statuses: Counter[int] = field(default_factory=Counter)
    answered: dict[str, Counter[int]] = field(default_factory=dict)
    wrong: dict[tuple[str, str], str] = field(default_factory=dict)

    def told(self) -> str:
        """The faults, one after the other."""
        return "\n".join(f"{name}: {what}\n    {how}" for (name, what), how in sorted(self.wrong.items()))


def a_house(database: Database, *, folder: Path) -> tuple[Flask, Callable[[], str], dict[str, Any]]:
    """An application with a company that has a bit of everything, what makes an admin's key of it, and its ids."""
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD)
        answered_call(session, number=BILLBOARD, sid="known", words="my furnace is out")
        a_flow(session, account=anas.account)
    # Without a token no carrier is asked anything.
    app = make_app(database=database, folder=folder, twilio_auth_token=())
    queue.attach(url="")

    def new_key() -> str:
        with database.write.begin() as session:
            return create_key(session, account=session.get_one(Account, anas.account.id), role="admin")

    for method, path, _ in sorted(operations(app), key=lambda one: one[0], reverse=True):
        if method in ("PUT", "POST") and (body := body_of(method, path, campaign_id=1)):
            where = f"/api/v1{fill(path, company=anas, call_sid='known')}"
            app.test_client().open(where, method=method, json=body, headers={"Authorization": f"Bearer {new_key()}"})
    known = dict.fromkeys("id campaign_id version report_id rule_id check_id person_id invitation_id".split(), 1)
    return app, new_key, {**known, "call_sid": "known", "external_id": "J-1", "phone": "+13125550190"}


def fuzz(
    *,
    app: Flask,
    new_key: Callable[[], str],
    known: dict[str, Any],
    examples: int,
    seed: int | None = None,
    modes: Sequence[GenerationMode] = MODES,
) -> Findings:
    """Ask each operation `examples` times in each mode; `known` are path parameters that exist, for half of them.

    The same requests each time without a `seed`. Each operation gets a key of its own: one of them revokes keys.
    """
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    for methods in document["paths"].values():
        for said in methods.values():
            del said["security"]  # else half of what does not fit would be a missing key
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    findings = Findings()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        path = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
        for mode in modes:
            with_known = operation.as_strategy(generation_mode=mode, path_parameters=path)
            cases = st.one_of(with_known, operation.as_strategy(generation_mode=mode)) if path else with_known
            with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():  # nothing to get wrong
                _ask(cases=cases, key=new_key(), examples=examples, seed=seed, findings=findings)
    return findings


def _ask(*, cases: st.SearchStrategy[Case[Any]], key: str, examples: int, seed: int | None, findings: Findings) -> None:
    @settings(
        max_examples=examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Case[Any]) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        name = f"{case.method} {case.operation.path}"
        findings.statuses[answer.status_code] += 1
        findings.answered.setdefault(name, Counter())[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            what = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            for one in what:
                findings.wrong.setdefault(
                    (name, f"{answer.status_code} {type(one).__name__}"), _shown(case, one, answer.text)
                )

    if seed is not None:
        ask = seeded(seed)(ask)
    ask()


def _shown(case: Case[Any], failure: BaseException, text: str) -> str:
    asked = f"path {case.path_parameters!r:.300} query {case.query!r:.300} body {case.body!r:.600}"
    return f"{asked}\n    {' '.join(str(failure).split())[:600]}\n    answered: {text[:300]}"
