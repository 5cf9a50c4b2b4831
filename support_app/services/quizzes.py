"""The quizzes: questions in an order of their own for every try, passed with 80 %, explained afterwards."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from models import QuizAttempt
from support_app.access import Actor, require_reviewer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Invalid, NotFound
from support_app.services.certificates import issue_if_due
from support_app.services.curriculum import FALLBACK, Module, Question, curriculum

PERCENT_TO_PASS = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its options in the order of this try."""

    question: Question
    options: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the last try, with what was chosen."""

    question: Question
    chosen: str

    @property
    def right(self) -> bool:
        """Whether it was the right option."""
        return self.chosen == self.question.answer


@dataclass(frozen=True, slots=True)
class Result:
    """The last try at a module's quiz."""

    attempt: AnyRow
    answers: list[Answered]


def is_enough(right: int, questions: int) -> bool:
    """Whether so many right answers pass; counted in whole numbers, so that 80 % is enough and 79 % is not."""
    return right * 100 >= questions * PERCENT_TO_PASS


def questions(db: Database, actor: Actor, module_key: str, *, language: str, now: datetime) -> list[Asked]:
    """The questions of a module's quiz, in another order after every try."""
    module = find_module(module_key, language)
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        tries = _tries(connection, actor, module_key)
    order = random.Random(f"{actor.user_id}/{module_key}/{tries}")
    asked = [Asked(question, order.sample(list(question.options.items()), len(question.options))) for question in module.questions]
    return order.sample(asked, len(asked))


def answer(db: Database, actor: Actor, module_key: str, *, answers: Mapping[str, str], now: datetime) -> bool:
    """Keep a try and answer whether it passed; raises `Invalid` unless every question has one of its options."""
    module = find_module(module_key, FALLBACK)
    if missing := [question.key for question in module.questions if answers.get(question.key) not in question.options]:
        raise Invalid(N_("Some questions have no answer yet. What you chose is still there."), missing=missing)
    chosen = {question.key: answers[question.key] for question in module.questions}
    right = sum(chosen[question.key] == question.answer for question in module.questions)
    passed = is_enough(right, len(module.questions))
    row = {"module": module_key, "answers": chosen, "right_answers": right, "questions": len(module.questions), "passed": passed}
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        connection.execute(insert(QuizAttempt).values(**row, user_id=actor.user_id, finished_at=now))
        issue_if_due(connection, actor.user_id, now=now)
    return passed


def last_result(db: Database, actor: Actor, module_key: str, *, language: str, now: datetime) -> Result:
    """The newest try with its answers, in the order of the module; raises `NotFound` before the first one."""
    module = find_module(module_key, language)
    query = select(QuizAttempt.__table__).where(QuizAttempt.user_id == actor.user_id, QuizAttempt.module == module_key).order_by(QuizAttempt.id.desc()).limit(1)
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        attempt = connection.execute(query).one_or_none()
    if attempt is None:
        raise NotFound
    known = [question for question in module.questions if attempt.answers.get(question.key) in question.options]
    return Result(attempt, [Answered(question, attempt.answers[question.key]) for question in known])


def find_module(module_key: str, language: str) -> Module:
    """A module in a language; raises `NotFound`."""
    module = curriculum(language).module(module_key)
    if module is None:
        raise NotFound
    return module


def _tries(connection: Connection, actor: Actor, module_key: str) -> int:
    query = select(func.count()).select_from(QuizAttempt).where(QuizAttempt.user_id == actor.user_id, QuizAttempt.module == module_key)
    return connection.execute(query).scalar_one()
