"""Words that a person released are not held again when the same author writes them again in the same circle."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from models import Message, MessageState, Screening
from moderation.taxonomy import Lane, Verdict
from support_app.services.delivery import Judgement

_before = aliased(Message)
_SAME_WORDS = (_before.author_id == Message.author_id) & (_before.circle_id == Message.circle_id) & (_before.text == Message.text) & (_before.id < Message.id)
_BY_A_PERSON = (Screening.message_id == _before.id) & (Screening.number == _before.screening) & Screening.decided_by_id.is_not(None)
_RELEASED = select(Message.id).join(_before, _SAME_WORDS).join(Screening, _BY_A_PERSON).where(_before.state == MessageState.DELIVERED)


def released_before(connection: Connection, judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements, with a hold for conduct lifted where a person has found the same words fit; every one was screened all the same.

    Whoever may need somebody is found as before: a case for care stays due.
    """
    held = [item.message_id for item in judgements if item.verdict is Verdict.HOLD and item.cases and item.cases[0][0] is Lane.CONDUCT]
    if not held:
        return list(judgements)
    known = set(connection.execute(_RELEASED.where(Message.id.in_(held))).scalars())
    return [_lifted(item) if item.message_id in known else item for item in judgements]


def _lifted(judgement: Judgement) -> Judgement:
    care = [due for due in judgement.cases if due[0] is Lane.CARE]
    return replace(judgement, verdict=Verdict.DELIVER_ALERT if care else Verdict.DELIVER, cases=care)
