"""The words on which a flag rests: which flag to look at next, what was found, and a text cut at those words for whoever may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from models import Case, Message, Screening
from models.case import CaseState
from moderation.screener import Flagged
from moderation.taxonomy import Label
from moderation.why import Raised
from support_app.database import Database

# By these weights only: what other weights would have done is no reason for what these did.
_NEXT = (
    select(Screening.message_id, Screening.number, Screening.reasons, Message.text)
    .join(Case, Case.message_id == Screening.message_id)
    .join(Message, Message.id == Screening.message_id)
    .where(Case.state == CaseState.OPEN, Screening.rationale.is_(None), Screening.weights_revision == bindparam("revision"))
    .order_by(Case.due_at, Case.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, and the label whose score rests on it, if one does."""

    text: str
    label: Label | None = None


def take_flagged(db: Database, *, revision: str) -> Flagged | None:
    """The open case due first whose words were not looked for by these weights; from now on they count as looked for."""
    with db.read() as connection:
        row = connection.execute(_NEXT, {"revision": revision}).one_or_none()
    if row is None or not _write(db, row.message_id, row.number, [], first=True):
        return None
    raised_by = {reason.get("label") for reason in row.reasons}
    return Flagged(row.message_id, row.number, row.text, tuple(label for label in Label if label.value in raised_by))


def keep_why(db: Database, flagged: Flagged, raised: Sequence[Raised]) -> None:
    """Write where the words are; the text stays where it is."""
    found = [{"label": item.label.value, "start": item.start, "end": item.end, "weight": round(item.weight, 5)} for item in raised]
    _write(db, flagged.message_id, flagged.number, found)


def pieces_of(text: str, rationale: Sequence[dict[str, Any]] | None) -> list[Piece]:
    """The text in pieces that make it up whole; with a rationale that does not fit it, in one."""
    pieces, at = [], 0
    for found in rationale or ():
        if not at <= found["start"] < found["end"] <= len(text):
            return [Piece(text)]
        pieces += [Piece(text[at : found["start"]]), Piece(text[found["start"] : found["end"]], Label(found["label"]))]
        at = found["end"]
    return [piece for piece in (*pieces, Piece(text[at:])) if piece.text]


def _write(db: Database, message_id: int, number: int, rationale: list[dict[str, Any]], *, first: bool = False) -> bool:
    """Whether there was a row to write it to; `first`: none that holds something already."""
    row = (Screening.message_id == message_id) & (Screening.number == number)
    with db.write(events=False) as connection:
        changed = connection.execute(update(Screening).where(row & Screening.rationale.is_(None) if first else row).values(rationale=rationale))
        return changed.rowcount == 1
