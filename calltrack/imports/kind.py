"""What every kind of file does its own way; imports/importing.py does the rest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from sqlalchemy.orm import Session

from calltrack.models import Account

# As `said_by`, `linked_by` or `changed_by` of whatever an import writes.
IMPORT = "import"


@dataclass(frozen=True)
class Sorted:
    """A batch's units: those nobody knows yet, those known differently, and how many are known just so."""

    new: Sequence[Any] = ()
    changed: Sequence[Any] = ()
    known: int = 0


@dataclass
class Counts:
    """How many units an import brought, changed and found to be known already."""

    new: int = 0
    changed: int = 0
    known: int = 0

    def add(self, found: Sorted) -> None:
        """Count a batch."""
        self.new += len(found.new)
        self.changed += len(found.changed)
        self.known += found.known


@dataclass
class Agreement:
    """What the file's lines have said so far: a line may repeat another, but not contradict it."""

    said: dict[Any, tuple[int, int]] = field(default_factory=dict)

    def other(self, key: Any, value: Any, *, number: int) -> int | None:
        """The number of the line that said the same thing of `key` first; 0 where none did; None: another value.

        Values are kept as digests, because a file may have a million lines; Python's own hash takes -1 for -2.
        """
        hashed = int.from_bytes(blake2b(repr(value).encode(errors="surrogatepass"), digest_size=8).digest())
        known = self.said.setdefault(key, (number, hashed))
        if known[0] == number:
            return 0
        return known[0] if known[1] == hashed else None

    def first(self, key: Any) -> int:
        """The number of the line that spoke of `key` first."""
        return self.said[key][0]


class Kind(Protocol):
    """One kind of file. A row is what one line says; a unit, what is written as a whole, may take several rows."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns that a line may have."""

    @property
    def required(self) -> frozenset[str]:
        """Those that none may lack."""

    def read(self, cells: list[str]) -> Any:
        """What a line says. Raises BadLine."""

    def repeats(self, number: int, row: Any) -> bool:
        """Whether an earlier line has said all of it already. Raises BadLine where one has said otherwise."""

    def doubts(self, session: Session, rows: Sequence[tuple[int, Any]]) -> Mapping[int, str]:
        """What only the database can tell is wrong with these rows, by the numbers of their lines."""

    def gather(self, rows: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Units, each with the number of lines that it took."""

    def sort_out(self, session: Session, units: Sequence[Any]) -> Sorted:
        """Which of the units are new, and which are known."""

    def write(self, session: Session, *, account: Account, found: Sorted) -> None:
        """Write what is new and what changed, in the session's transaction."""

    def notices(self) -> list[str]:
        """What whoever imports should know beside the counts, once everything was read."""
