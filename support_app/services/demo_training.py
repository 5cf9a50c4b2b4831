"""The demonstration's part of the training: certified people, somebody in the middle of it, somebody who waits for a lead, an applicant."""

from datetime import datetime

from support_app.access import Actor
from support_app.database import Database
from support_app.services import accounts, applications, certificates, mock_chats, quizzes, scenarios
from support_app.services.applications import NewApplication
from support_app.services.curriculum import FALLBACK, Module, curriculum

REASON = "Certified for the demonstration."
MODULES_OF_THE_LEARNER = 2
WISH = NewApplication(
    "Two years ago somebody sat with me through a bad winter, in writing. I would like to be that for somebody else, slowly and with people to ask.",
    3,
    "English, some German",
)


def seed_training(db: Database, ids: dict[str, int], *, now: datetime) -> None:
    """Certificates for `volunteer`, `volunteer2` and `lead`; `learner`, `trained` and the applicant `fern` stand at different points of the way."""
    with db.write() as connection:
        for key in ("volunteer", "volunteer2", "lead"):
            certificates.issue(connection, user_id=ids[key], until=now + certificates.VALID, now=now, issued_by_id=ids["admin"], reason=REASON)
    opened = {key: accounts.open_session(db, user_id=ids[key], now=now, days=1) for key in ("learner", "trained", "fern")}
    content = curriculum(FALLBACK)
    for module in content.modules[:MODULES_OF_THE_LEARNER]:
        pass_quiz(db, opened["learner"].actor, module, now=now)
    for module in content.modules:
        pass_quiz(db, opened["trained"].actor, module, now=now)
    for scenario in content.scenarios:
        complete_scenario(db, opened["trained"].actor, scenario.key, now=now)
    mock_chats.ask(db, opened["trained"].actor, now=now)
    applications.apply(db, opened["fern"].actor, WISH, now=now)
    for session in opened.values():
        accounts.sign_out(db, token=session.token, now=now)


def pass_quiz(db: Database, actor: Actor, module: Module, *, now: datetime) -> None:
    """Answer every question right."""
    quizzes.answer(db, actor, module.key, answers={question.key: question.answer for question in module.questions}, now=now)


def complete_scenario(db: Database, actor: Actor, key: str, *, now: datetime) -> None:
    """Say the first thing that helps, until the conversation is over."""
    scenarios.start(db, actor, key, now=now)
    while (talk := scenarios.talk(db, actor, key, language=FALLBACK, now=now)).node and talk.node.replies:
        reply = next(reply for reply in talk.node.replies if reply.effect == "helped")
        scenarios.choose(db, actor, key, step=talk.step, reply_key=reply.key, now=now)
