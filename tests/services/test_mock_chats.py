"""Mock chats: who asks, who scores, and what is enough."""

import pytest

from models.mock_chat import Competency
from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NotCertified, NotFound
from support_app.services import (
    certificates,
    mock_chats,
)
from tests.factories import World
from tests.services.learning import (
    GOOD,
    NOTE,
    asked_chat,
    have_mock_chat,
    lead_of,
    learner_of,
    pass_quizzes,
    practise,
)


class TestMockChats:
    def ready(self, world: World, name: str = "Heron") -> Actor:
        learner = learner_of(world, name)
        pass_quizzes(world, learner)
        practise(world, learner)
        return learner

    def test_they_come_after_modules_and_scenarios(self, world: World) -> None:
        """A lead's hour is not asked for earlier."""
        learner = learner_of(world)
        pass_quizzes(world, learner)
        with pytest.raises(Conflict):
            mock_chats.ask(world.db, learner, now=world.now)
        practise(world, learner)
        mock_chats.ask(world.db, learner, now=world.now)
        with pytest.raises(Conflict):
            mock_chats.ask(world.db, learner, now=world.now)
        mock_chats.withdraw(world.db, learner, now=world.now)
        assert mock_chats.own(world.db, learner, now=world.now) == []
        mock_chats.ask(world.db, learner, now=world.now)

    @pytest.mark.parametrize("weak", list(Competency))
    def test_every_competency_needs_three(self, world: World, weak: Competency) -> None:
        """Fives elsewhere do not make up for it; the learner reads the note and may ask again."""
        lead, learner = lead_of(world), self.ready(world)
        chat = asked_chat(world, learner, lead)
        assert not mock_chats.score(world.db, lead, chat, scores=dict.fromkeys(Competency, 5) | {weak: 2}, note=NOTE, now=world.now)
        assert certificates.standing(world.db, learner, now=world.now).progress.mock_chats == 0
        (row,) = mock_chats.own(world.db, learner, now=world.now)
        assert (row.note, row.scored_by, row.passed) == (NOTE, "Kestrel", False)
        have_mock_chat(world, learner, lead)
        assert certificates.standing(world.db, learner, now=world.now).progress.mock_chats == 1

    def test_nobody_scores_their_own(self, world: World) -> None:
        """Not even a lead whose certificate is still valid; the database would refuse it as well."""
        lead = lead_of(world)
        pass_quizzes(world, lead)
        practise(world, lead)
        chat = asked_chat(world, lead, lead)
        with pytest.raises(Forbidden):
            mock_chats.sheet(world.db, lead, chat, now=world.now)
        with pytest.raises(Forbidden):
            mock_chats.score(world.db, lead, chat, scores=GOOD, note=NOTE, now=world.now)
        assert mock_chats.score(world.db, lead_of(world, "Osprey"), chat, scores=GOOD, note=NOTE, now=world.now)

    def test_only_certified_leads_score(self, world: World) -> None:
        """Neither learners nor volunteers nor admins, nor a lead without a certificate."""
        lead, learner = lead_of(world), self.ready(world)
        chat = asked_chat(world, learner, lead)
        untrained = lead_of(world, "Osprey", certified=False)
        for actor, refusal in (
            (learner, Forbidden),
            (world.robin, Forbidden),
            (world.volunteer, Forbidden),
            (world.admin, Forbidden),
            (untrained, NotCertified),
        ):
            with pytest.raises(refusal):
                mock_chats.score(world.db, actor, chat, scores=GOOD, note=NOTE, now=world.now)
        assert certificates.standing(world.db, learner, now=world.now).progress.mock_chats == 0

    def test_a_sheet_is_whole_and_filled_in_once(self, world: World) -> None:
        """Every line from 1 to 5, and a note."""
        lead, learner = lead_of(world), self.ready(world)
        chat = asked_chat(world, learner, lead)
        few = {key: value for key, value in GOOD.items() if key is not Competency.LISTENS}
        for scores, note in ((few, NOTE), (GOOD | {Competency.LISTENS: 6}, NOTE), (GOOD | {Competency.LISTENS: 0}, NOTE), (GOOD, "fine")):
            with pytest.raises(Invalid):
                mock_chats.score(world.db, lead, chat, scores=scores, note=note, now=world.now)
        mock_chats.score(world.db, lead, chat, scores=GOOD, note=NOTE, now=world.now)
        with pytest.raises(Conflict):
            mock_chats.score(world.db, lead, chat, scores=GOOD, note=NOTE, now=world.now)
        with pytest.raises(NotFound):
            mock_chats.sheet(world.db, lead, chat + 1, now=world.now)
