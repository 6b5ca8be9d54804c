"""Companies apart: whatever a visitor's sessions ask for is answered from their own account, and from the campaigns
that they are limited to.

A session that carries a `Scope` (Database.within) has the condition added to every row of an account that any of its
statements reads, changes or removes, in joins and subqueries too: nobody has to remember it, and another company's row
is not there. Verbs still name the account where an index makes that fast.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, case, event, exists, false, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from calltrack.models import (
    Alert,
    AlertRule,
    AuditEntry,
    BlindCheck,
    BlindDraw,
    BlockedCaller,
    Call,
    CallFlow,
    Campaign,
    Change,
    Customer,
    DayCell,
    Job,
    Label,
    Message,
    Number,
    NumberAssignment,
    OptOut,
    OutgoingText,
    Report,
    SavedView,
    Task,
)
from calltrack.models.base import OfAccount

WHOLE_HOUSE = {"whole_house": True}
"""Execution options of a statement that has to look beyond the visitor's account, as whether a number is taken."""

Criteria: TypeAlias = tuple[Any, ...]


# What is about the company as a whole, and nothing of it about some campaigns alone.
_WHOLE_COMPANY = (
    Alert, AlertRule, AuditEntry, BlindCheck, BlindDraw, BlockedCaller, CallFlow, Change, Message, OptOut, OutgoingText,
    Report, Task,
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """One account; `campaign_ids`: only what belongs to these of its campaigns (None: to any, and to none). `user_id`:
    the person who asks, if it is one."""

    account_id: int
    campaign_ids: frozenset[int] | None = None
    user_id: int | None = None

    @cached_property
    def on_sqlite(self) -> Criteria:
        """The + 0 keeps SQLite, which may have no statistics, from preferring the account's index to a better one."""
        account_id = self.account_id
        own = with_loader_criteria(OfAccount, lambda row: row.account_id + 0 == account_id, include_aliases=True)
        return (own, *self._limits)

    @cached_property
    def on_postgresql(self) -> Criteria:
        """PostgreSQL counts rows, and is misled by a condition that it cannot look up."""
        account_id = self.account_id
        own = with_loader_criteria(OfAccount, lambda row: row.account_id == account_id, include_aliases=True)
        return (own, *self._limits)

    @cached_property
    def _limits(self) -> Criteria:
        if self.campaign_ids is None:
            return ()
        ids = sorted(self.campaign_ids)
        # Tables under names of their own: nothing of the statement itself is meant, and no limit is put on a limit.
        ever, calls, jobs = map(_table, (NumberAssignment, Call, Job))
        number_ids = select(ever.c.number_id).where(ever.c.campaign_id.in_(ids))
        call_ids = select(calls.c.id).where(calls.c.campaign_id.in_(ids))
        customer_ids = select(jobs.c.customer_id).where(_campaign_of(jobs.c).in_(ids))
        user_id = self.user_id
        # Of the row as the statement calls it, be it under another name.
        limits: dict[type[Any], Callable[[Any], ColumnElement[bool]]] = {
            Campaign: lambda row: row.id.in_(ids),
            Call: lambda row: row.campaign_id.in_(ids),
            Label: lambda row: row.call_id.in_(call_ids),
            DayCell: lambda row: row.campaign_id.in_(ids),
            Job: lambda row: _campaign_of(row).in_(ids),
            Customer: lambda row: row.id.in_(customer_ids),
            Number: lambda row: row.id.in_(number_ids),
            SavedView: lambda row: row.user_id == user_id,
            **dict.fromkeys(_WHOLE_COMPANY, lambda _row: false()),
        }
        return tuple(with_loader_criteria(row, limit, include_aliases=True) for row, limit in limits.items())


def _campaign_of(job: Any) -> ColumnElement[int | None]:
    """The campaign of the call that booked it wins over the job's own, as for the figures (campaigns/sources.py)."""
    calls = Call.__table__.alias("limit_booked_by")
    linked = select(calls.c.campaign_id).where(calls.c.id == job.call_id, calls.c.direction == "inbound")
    return case((exists(linked), linked.scalar_subquery()), else_=job.campaign_id)


def _table(entity: type[Any]) -> Any:
    return entity.__table__.alias(f"limit_{entity.__tablename__}")


@event.listens_for(Session, "do_orm_execute")
def _keep_apart(asked: ORMExecuteState) -> None:
    scope: Scope | None = asked.session.info.get("scope")
    if scope is None or asked.is_column_load or asked.execution_options.get("whole_house"):
        return
    if asked.is_orm_statement:
        sqlite = asked.session.get_bind().dialect.name == "sqlite"
        statement: Any = asked.statement
        asked.statement = statement.options(*(scope.on_sqlite if sqlite else scope.on_postgresql))
