"""Lead or excused, why, and how sure: text and numbers in, a verdict out.

Nothing here knows of the rest of the project, so the room can be used from a notebook. Importing it is cheap;
numpy, scikit-learn and the speech model are loaded by the modules that work with them.
"""

from calltrack.classify.reasons import EXCUSED_REASONS, LABELS, LEAD_REASONS, label_of
from calltrack.classify.verdict import CallFacts, Evidence, Turn, Verdict, join_turns

__all__ = [
    "EXCUSED_REASONS",
    "LABELS",
    "LEAD_REASONS",
    "CallFacts",
    "Evidence",
    "Turn",
    "Verdict",
    "join_turns",
    "label_of",
]
