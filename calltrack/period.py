"""Half-open ranges of an account's local days, as moments in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Period:
    """The local days `first` to `last`, both included, in `zone` (an IANA name)."""

    first: date
    last: date
    zone: str

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the range ends ({self.last}) before it starts ({self.first})")

    @property
    def start(self) -> datetime:
        """The first moment of the first day, in UTC."""
        return midnight(self.first, zone=self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the last day, in UTC."""
        return midnight(self.last + timedelta(days=1), zone=self.zone)

    def days(self) -> list[date]:
        """Every local day, in order."""
        return [self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1)]

    def before(self) -> "Period":
        """The equally long range that ends the day before this one."""
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.last - length, self.zone)


def midnight(day: date, *, zone: str) -> datetime:
    """The first moment of `day` in `zone`, as UTC.

    Where a clock change skips midnight (Havana), the day starts at the first moment that exists; where midnight
    happens twice, at the earlier one: both are what fold=0 means.
    """
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def local_date(moment: datetime, *, zone: str) -> date:
    """The date in `zone` at an aware moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def today(*, zone: str, now: datetime | None = None) -> date:
    """The account's local date at `now` (default: this moment)."""
    return local_date(now or datetime.now(UTC), zone=zone)
