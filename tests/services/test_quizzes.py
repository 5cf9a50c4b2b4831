"""Quizzes: how much is enough, what is asked, and what is explained afterwards."""

import pytest

from support_app.errors import Forbidden, Invalid, NotFound
from support_app.services import (
    certificates,
    quizzes,
)
from tests.factories import World
from tests.services.learning import (
    CONTENT,
    answer,
    answers_to,
    learner_of,
)


class TestQuizzes:
    @pytest.mark.parametrize(("right", "questions", "enough"), [(79, 100, False), (15, 19, False), (80, 100, True), (4, 5, True), (3, 5, False), (0, 5, False)])
    def test_eighty_percent(self, right: int, questions: int, enough: bool) -> None:
        """Is enough, and 79 is not."""
        assert quizzes.is_enough(right, questions) is enough

    def test_one_wrong_of_five_passes_and_two_do_not(self, world: World) -> None:
        """Counted on the server."""
        learner, module = learner_of(world), CONTENT.modules[0]
        assert len(module.questions) == 5
        assert not answer(world, learner, module, wrong=2)
        assert certificates.standing(world.db, learner, now=world.now).progress.modules == frozenset()
        assert answer(world, learner, module, wrong=1)
        assert certificates.standing(world.db, learner, now=world.now).progress.modules == {module.key}

    def test_failing_later_takes_nothing_away(self, world: World) -> None:
        """What was passed stays passed."""
        learner, module = learner_of(world), CONTENT.modules[0]
        answer(world, learner, module)
        answer(world, learner, module, wrong=5)
        assert certificates.standing(world.db, learner, now=world.now).progress.modules == {module.key}

    def test_another_order_after_every_try(self, world: World) -> None:
        """The same questions; the same order while the try lasts."""
        learner, module = learner_of(world), CONTENT.modules[3]

        def order() -> list[tuple[str, list[str]]]:
            asked = quizzes.questions(world.db, learner, module.key, language="en", now=world.now)
            return [(item.question.key, [key for key, _ in item.options]) for item in asked]

        first = order()
        assert order() == first
        answer(world, learner, module, wrong=8)
        assert order() != first
        assert sorted(key for key, _ in order()) == sorted(question.key for question in module.questions)

    def test_wrong_answers_are_explained(self, world: World) -> None:
        """In the reader's language, with what was chosen."""
        learner, module = learner_of(world), CONTENT.modules[0]
        with pytest.raises(NotFound):
            quizzes.last_result(world.db, learner, module.key, language="de", now=world.now)
        answer(world, learner, module, wrong=2)
        result = quizzes.last_result(world.db, learner, module.key, language="de", now=world.now)
        assert [item.right for item in result.answers] == [False, False, True, True, True]
        assert (result.attempt.right_answers, result.attempt.passed) == (3, False)
        assert "Fürsorge" in result.answers[0].question.why

    def test_every_question_needs_one_of_its_options(self, world: World) -> None:
        """Nothing is kept of a try that is not whole."""
        learner, module = learner_of(world), CONTENT.modules[0]
        missing = answers_to(module)
        missing.popitem()
        for chosen in (missing, answers_to(module) | {module.questions[0].key: "hack"}, {}):
            with pytest.raises(Invalid):
                quizzes.answer(world.db, learner, module.key, answers=chosen, now=world.now)
        with pytest.raises(NotFound):
            quizzes.last_result(world.db, learner, module.key, language="en", now=world.now)

    def test_members_and_admins_have_no_training(self, world: World) -> None:
        """Nor does anybody pass a module that does not exist."""
        for actor in (world.robin, world.admin):
            with pytest.raises(Forbidden):
                answer(world, actor, CONTENT.modules[0])
        with pytest.raises(NotFound):
            quizzes.answer(world.db, learner_of(world), "no-such-module", answers={}, now=world.now)
