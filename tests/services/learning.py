"""What tests about the training do again and again: pass quizzes, finish conversations, score mock chats."""

from sqlalchemy import select

from models import AuditEntry, Certificate, Role
from models.mock_chat import Competency
from support_app.access import Actor
from support_app.database import AnyRow
from support_app.services import accounts, mock_chats, quizzes
from support_app.services.applications import NewApplication
from support_app.services.certificates import is_certified
from support_app.services.curriculum import Module, curriculum
from support_app.services.demo_training import complete_scenario, pass_quiz
from tests.factories import World

GOOD = dict.fromkeys(Competency, 3)
NOTE = "You listened well. Next time leave a little more room."
CONTENT = curriculum("en")
WISH = NewApplication("I would like to give something back, slowly.", 3, "English")
REASON = "Trained at another charity; I have seen the papers."


def learner_of(world: World, name: str = "Heron") -> Actor:
    """A volunteer without a certificate."""
    return world.person(name, role=Role.VOLUNTEER, certified=False)


def lead_of(world: World, name: str = "Kestrel", *, certified: bool = True) -> Actor:
    return world.person(name, role=Role.LEAD, certified=certified)


def back(world: World, actor: Actor) -> Actor:
    """The same person in a new session, after a long time or with a new role."""
    return accounts.open_session(world.db, user_id=actor.user_id, now=world.now, days=14).actor


def answers_to(module: Module, *, wrong: int = 0) -> dict[str, str]:
    """Right answers but for the first `wrong` ones."""
    chosen = {question.key: question.answer for question in module.questions}
    for question in module.questions[:wrong]:
        chosen[question.key] = next(key for key in question.options if key != question.answer)
    return chosen


def answer(world: World, actor: Actor, module: Module, *, wrong: int = 0) -> bool:
    return quizzes.answer(world.db, actor, module.key, answers=answers_to(module, wrong=wrong), now=world.now)


def pass_quizzes(world: World, actor: Actor) -> None:
    for module in CONTENT.modules:
        pass_quiz(world.db, actor, module, now=world.now)


def practise(world: World, actor: Actor) -> None:
    for scenario in CONTENT.scenarios:
        complete_scenario(world.db, actor, scenario.key, now=world.now)


def asked_chat(world: World, actor: Actor, lead: Actor) -> int:
    """The number of a mock chat that the actor has just asked for."""
    mock_chats.ask(world.db, actor, now=world.now)
    return mock_chats.waiting(world.db, lead, now=world.now)[-1].id


def have_mock_chat(world: World, actor: Actor, lead: Actor) -> None:
    chat_id = asked_chat(world, actor, lead)
    mock_chats.score(world.db, lead, chat_id, scores=GOOD, note=NOTE, now=world.now)


def train(world: World, actor: Actor, lead: Actor) -> None:
    """All of it."""
    pass_quizzes(world, actor)
    practise(world, actor)
    for _ in range(2):
        have_mock_chat(world, actor, lead)


def certified(world: World, actor: Actor) -> bool:
    with world.db.read() as connection:
        return is_certified(connection, actor.user_id, world.now)


def certificates_of(world: World, actor: Actor) -> list[AnyRow]:
    with world.db.read() as connection:
        return list(connection.execute(select(Certificate.__table__).where(Certificate.user_id == actor.user_id).order_by(Certificate.id)))


def acts_about(world: World, subject: str) -> list[tuple[int | None, str]]:
    """Who did what to something, from the record."""
    with world.db.read() as connection:
        rows = connection.execute(select(AuditEntry.actor_id, AuditEntry.action).where(AuditEntry.subject == subject).order_by(AuditEntry.id))
        return [(row.actor_id, row.action) for row in rows]
