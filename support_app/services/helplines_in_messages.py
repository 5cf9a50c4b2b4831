"""The helplines that members may write to each other: the shipped ones and whatever stands in the administration at this moment."""

import logging
from functools import lru_cache

from sqlalchemy import literal, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from models import EmergencyNumber, Helpline
from moderation.helplines import SHIPPED, Helplines, with_shipped
from support_app.database import Database
from support_app.errors import Busy
from support_app.services.helpline_entry import number_in_text_line

_NOTHING = literal("")
_SHOWN = union_all(
    select(Helpline.call_numbers, Helpline.text_lines, Helpline.web_url, Helpline.source_url).where(Helpline.retired_at.is_(None)),
    select(EmergencyNumber.number, _NOTHING, _NOTHING, _NOTHING),
)
Row = tuple[str, str, str, str]

log = logging.getLogger(__name__)


def nameable(db: Database) -> Helplines:
    """What people are shown on the help page; the shipped ones alone when the table cannot be read."""
    try:
        with db.read() as connection:
            rows = tuple(tuple(row) for row in connection.execute(_SHOWN))
    except (Busy, SQLAlchemyError) as error:
        log.warning("the list of helplines could not be read: %s", type(error).__name__)
        return SHIPPED
    return _from_rows(rows)


@lru_cache(maxsize=4)
def _from_rows(rows: tuple[Row, ...]) -> Helplines:
    """Put together once for as long as the table says the same."""
    numbers = [number for call, _, _, _ in rows for number in call.splitlines()]
    numbers += [number_in_text_line(line) for _, text, _, _ in rows for line in text.splitlines()]
    return with_shipped(numbers, [url for _, _, web, source in rows for url in (web, source)])
