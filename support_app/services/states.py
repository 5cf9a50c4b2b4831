"""The moves a message may make. A state changes only where this table is asked."""

from models import MessageState as S
from support_app.errors import Conflict

ALLOWED = {
    S.PENDING: {S.DELIVERED, S.NUDGED, S.HELD, S.WITHDRAWN},
    S.NUDGED: {S.HELD, S.WITHDRAWN},  # held: the author asked a person to check
    S.HELD: {S.DELIVERED, S.NUDGED, S.HELD, S.RETURNED, S.WITHDRAWN},  # nudged, held again: screened after the classifier was away
    S.DELIVERED: {S.RETURNED, S.WITHDRAWN},  # returned: somebody reported it, and a person found that it should not stay
    S.RETURNED: {S.HELD, S.WITHDRAWN},  # held: its author appealed
    S.WITHDRAWN: set[S](),
}


def require_move(before: S, after: S) -> None:
    """Refuse a move that the table does not have."""
    if after not in ALLOWED[before]:
        raise Conflict
