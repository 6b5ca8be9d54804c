"""Moves of a number to another campaign that are still to come, and taking one back.

Assignments are only ever added: what takes a move back is one of the same moment, to whom the number belonged before.
"""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import BadCampaign
from calltrack.campaigns.numbers import NumberHistory
from calltrack.models import NumberAssignment


def moves_to_come(found: NumberHistory) -> list[NumberAssignment]:
    """The planned assignments that make a difference, the next first: a move that was taken back makes none."""
    campaign, moves = found.campaign_id, []
    for one in found.planned:
        if one.campaign_id != campaign:
            moves.append(one)
        campaign = one.campaign_id
    return moves


def cancel_move(session: Session, *, found: NumberHistory, move: NumberAssignment, by: str) -> NumberAssignment:
    """Let the number stay, from the moment of a move that is to come, where it belongs before that. Raises BadCampaign.

    A later move stays as it is.
    """
    if move not in moves_to_come(found):
        raise BadCampaign("this move is not to come any more: it has happened, or was taken back")
    before = [one for one in found.assignments if one.starts_at < move.starts_at]
    if not before:
        raise BadCampaign("the number belongs to no campaign before this move; move it to another campaign instead")
    return _stay(session, found=found, move=move, campaign_id=before[-1].campaign_id, by=by)


def drop_moves(session: Session, *, found: NumberHistory, by: str) -> None:
    """Take back every move that is to come, so that none comes to life when a number that was given back is attached
    again. One that belongs to no campaign before has nothing to go back to: its moves stay."""
    for move in moves_to_come(found):
        if found.in_force is not None and move.campaign_id != found.in_force.campaign_id:
            _stay(session, found=found, move=move, campaign_id=found.in_force.campaign_id, by=by)


def _stay(
    session: Session, *, found: NumberHistory, move: NumberAssignment, campaign_id: int, by: str
) -> NumberAssignment:
    stays = NumberAssignment(
        number_id=found.number.id, campaign_id=campaign_id, starts_at=move.starts_at,
        assigned_at=datetime.now(UTC).replace(microsecond=0), assigned_by=by,
    )  # fmt: skip
    session.add(stays)
    session.flush()
    return stays
