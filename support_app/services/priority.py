"""How urgent a case is. Waiting makes it more urgent, so that none starves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from moderation.taxonomy import Level
from support_app.database import AnyRow
from support_app.services.case_log import clock

RANK = {Level.C4: 4, Level.H3: 3, Level.C3: 3, Level.P: 3, Level.C2: 2, Level.H2: 2, Level.H1: 1, Level.C1: 0}


def priority(level: Level, waiting_since: datetime, now: datetime) -> int:
    """The level's rank, and one step more for every full interval waited in which somebody should have come."""
    return RANK[level] + max(now - waiting_since, timedelta()) // clock(level)


def most_urgent_first(cases: Iterable[AnyRow], now: datetime) -> list[AnyRow]:
    """Order cases by priority; among equals the one that is due first."""
    return sorted(cases, key=lambda case: (-priority(case.level, case.waiting_since, now), case.due_at, case.id))
