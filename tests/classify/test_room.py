"""What the room promises to those who import it."""

import subprocess
import sys
from pathlib import Path

import pytest

from calltrack.classify import EXCUSED_REASONS, LEAD_REASONS, label_of

# calltrack itself is the web application; the room is imported beside an empty package of that name.
IMPORT = """
import importlib, sys, types
sys.modules["calltrack"] = types.ModuleType("calltrack")
sys.modules["calltrack"].__path__ = [sys.argv[1]]
for name in ("verdict", "reasons", "rules", "judge", "lines", "evaluate", "transcribe", "conversations", "cues",
             "circumstances", "features"):
    importlib.import_module(f"calltrack.classify.{name}")
print(sorted({"numpy", "scipy", "sklearn", "faster_whisper", "av", "flask", "sqlalchemy"} & set(sys.modules)))
"""


def test_importing_the_room_loads_no_heavy_library():
    package = Path(__file__).parents[2] / "calltrack"
    done = subprocess.run([sys.executable, "-c", IMPORT, package], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_reason_belongs_to_one_label():
    assert not set(LEAD_REASONS) & set(EXCUSED_REASONS)
    assert {label_of(reason=reason) for reason in LEAD_REASONS} == {"lead"}
    assert {label_of(reason=reason) for reason in EXCUSED_REASONS} == {"excused"}


def test_an_unknown_reason_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown reason 'pizza': one of new job, quote request"):
        label_of(reason="pizza")
