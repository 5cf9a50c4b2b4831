"""What somebody has done of the training, counted from a moment on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from models import MockChat, QuizAttempt, ScenarioRun
from support_app.services.curriculum import FALLBACK, curriculum

MOCK_CHATS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Progress:
    """Keys of passed modules and of scenarios brought to a good end, and the number of mock chats passed."""

    modules: frozenset[str]
    scenarios: frozenset[str]
    mock_chats: int

    @property
    def quizzes_done(self) -> bool:
        """Whether every module is passed."""
        return self.modules >= {module.key for module in curriculum(FALLBACK).modules}

    @property
    def ready_for_mock_chats(self) -> bool:
        """Whether only the mock chats are missing, or nothing is."""
        return self.quizzes_done and self.scenarios >= {scenario.key for scenario in curriculum(FALLBACK).scenarios}

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.ready_for_mock_chats and self.mock_chats >= MOCK_CHATS_NEEDED


def progress_of(connection: Connection, user_id: int, *, since: datetime | None) -> Progress:
    """What a person has done; with `since`, after that moment only."""
    modules = select(QuizAttempt.module).where(QuizAttempt.user_id == user_id, QuizAttempt.passed)
    scenarios = select(ScenarioRun.scenario).where(ScenarioRun.user_id == user_id, ScenarioRun.completed_at.is_not(None))
    chats = select(func.count()).select_from(MockChat).where(MockChat.user_id == user_id, MockChat.passed.is_(True))
    if since is not None:
        modules = modules.where(QuizAttempt.finished_at > since)
        scenarios = scenarios.where(ScenarioRun.completed_at > since)
        chats = chats.where(MockChat.ended_at > since)
    return Progress(
        frozenset(connection.execute(modules).scalars()), frozenset(connection.execute(scenarios).scalars()), connection.execute(chats).scalar_one()
    )
