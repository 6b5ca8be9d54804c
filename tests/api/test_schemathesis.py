"""What the OpenAPI document promises is what the API keeps, whatever it is asked, rightly or wrongly."""

from pathlib import Path

import pytest

from calltrack.db import Database
from tests.api.fuzzing import a_house, fuzz

EXAMPLES = 4
"""Requests for each operation that fit the document, and as many that do not."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_answer_is_one_that_the_document_describes(on_sqlite: Database, tmp_path: Path) -> None:
    app, new_key, known = a_house(on_sqlite, folder=tmp_path)
    findings = fuzz(app=app, new_key=new_key, known=known, examples=EXAMPLES)
    assert not findings.wrong, findings.told()
    assert findings.statuses[200] > 100
    assert findings.statuses[422] > 100
