"""What an admin sees about pages: the newest ones with every attempt, and what has been waiting too long to be sent."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from models import Case, Page, PageAttempt, User
from support_app.access import Actor, require_admin
from support_app.database import AnyRow, Database
from support_app.services.page_attempts import TO_DO

SHOWN = 50
STUCK_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page, its case's number and level, and its attempts with the names they went to."""

    page: AnyRow
    attempts: Sequence[AnyRow]


@dataclass(frozen=True, slots=True)
class PagingOverview:
    """The newest pages, and how many attempts no worker has taken though their time came."""

    pages: Sequence[SentPage]
    stuck: int


def paging_overview(db: Database, actor: Actor, *, now: datetime) -> PagingOverview:
    """The newest pages first."""
    newest = select(Page.__table__, Case.level).join(Case, Case.id == Page.case_id).order_by(Page.id.desc()).limit(SHOWN)
    overdue = select(func.count()).select_from(PageAttempt).where(PageAttempt.state.in_(TO_DO), PageAttempt.next_try_at < now - STUCK_AFTER)
    attempts: dict[int, list[AnyRow]] = defaultdict(list)
    with db.read() as connection:
        require_admin(connection, actor, now=now)
        pages = connection.execute(newest).all()
        query = select(PageAttempt.__table__, User.name.label("person")).outerjoin(User, User.id == PageAttempt.user_id)
        for row in connection.execute(query.where(PageAttempt.page_id.in_([page.id for page in pages])).order_by(PageAttempt.id)):
            attempts[row.page_id].append(row)
        return PagingOverview([SentPage(page, attempts[page.id]) for page in pages], connection.execute(overdue).scalar_one())
