"""The moves a message may make. A state changes only where this table is asked."""

from models import MessageState as S
from support_app.errors import Conflict

ALLOWED = {
    S.PENDING: {S.DELIVERED, S.NUDGED, S.HELD, S.WITHDRAWN},
    S.NUDGED: {S.HELD, S.WITHDRAWN},  # held: the author asked a person to check
    S.HELD: {S.DELIVERED, S.NUDGED, S.HELD, S.RETURNED, S.WITHDRAWN},  # nudged, held again: screened after the classifier was away
    S.DELIVERED: {S.WITHDRAWN},
    S.RETURNED: {S.WITHDRAWN},
    S.WITHDRAWN: set[S](),
}


def require_move(before: S, after: S) -> None:
    """Refuse a move that the table does not have."""
    if after not in ALLOWED[before]:
        raise Conflict
