"""Practised conversations: where replies lead, what counts, and what is deleted."""

import pytest
from sqlalchemy import select

from models import ScenarioRun
from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NotFound
from support_app.services import (
    certificates,
    scenarios,
)
from support_app.services.demo_training import complete_scenario
from tests.factories import World
from tests.services.learning import (
    learner_of,
)


class TestScenarios:
    KEY = "thoughts"

    def talk(self, world: World, actor: Actor) -> scenarios.Talk:
        return scenarios.talk(world.db, actor, self.KEY, language="en", now=world.now)

    def choose(self, world: World, actor: Actor, reply: str) -> None:
        scenarios.choose(world.db, actor, self.KEY, step=self.talk(world, actor).step, reply_key=reply, now=world.now)

    def say(self, world: World, actor: Actor, words: str) -> None:
        scenarios.say(world.db, actor, self.KEY, step=self.talk(world, actor).step, words=words, language="en", now=world.now)

    def begin(self, world: World) -> Actor:
        learner = learner_of(world)
        scenarios.start(world.db, learner, self.KEY, now=world.now)
        return learner

    def test_one_goes_on_where_one_was(self, world: World) -> None:
        """After a reload, and nobody else stands there."""
        learner = self.begin(world)
        self.choose(world, learner, "asks")
        assert self.talk(world, learner).node.key == "yes"
        assert [line.text for line in self.talk(world, learner).lines][-2:] == ["yes.", "i have never said that to anybody"]
        assert self.talk(world, world.volunteer).node is None

    def test_own_words_with_a_cue_lead_where_its_reply_leads(self, world: World) -> None:
        """And stand in the conversation as they were written."""
        learner = self.begin(world)
        self.say(world, learner, "Juniper, do you want to die?")
        assert self.talk(world, learner).node.key == "yes"
        assert "Juniper, do you want to die?" in [line.text for line in self.talk(world, learner).lines]

    def test_own_words_without_a_cue_get_a_neutral_answer(self, world: World) -> None:
        """The person stays where they are, and the conversation is not over."""
        learner = self.begin(world)
        self.say(world, learner, "hm hm")
        talk = self.talk(world, learner)
        assert (talk.node.key, talk.lines[-1].text, talk.step) == ("begin", talk.scenario.neutral, 1)

    def test_a_cue_that_no_reply_has_gets_its_own_answer(self, world: World) -> None:
        """What the person says to it, without moving on."""
        learner = self.begin(world)
        self.say(world, learner, "You idiot")
        talk = self.talk(world, learner)
        assert (talk.node.key, talk.lines[-1].text) == ("begin", talk.scenario.asides["hits_back"])

    def test_a_good_end_counts_and_has_a_debrief(self, world: World) -> None:
        """What helped and what made it harder, with the words one used."""
        learner = self.begin(world)
        self.say(world, learner, "You idiot")
        for reply in ("dismisses", "asks", "reflects", "safety", "limits", "openly"):
            self.choose(world, learner, reply)
        self.say(world, learner, "What could you write to her?")
        talk = self.talk(world, learner)
        assert talk.node.ending == "together"
        assert talk.completed_at == world.now
        assert [remark.effect for remark in talk.remarks] == ["harder", "harder", *["helped"] * 6]
        assert (talk.remarks[0].said, talk.remarks[-1].said) == ("You idiot", "What could you write to her?")
        assert self.KEY in certificates.standing(world.db, learner, now=world.now).progress.scenarios

    def test_a_conversation_that_broke_off_does_not_count(self, world: World) -> None:
        """It may be begun again."""
        learner = self.begin(world)
        self.choose(world, learner, "dismisses")
        self.choose(world, learner, "dismisses")
        assert self.talk(world, learner).node.ending == "apart"
        assert self.talk(world, learner).remarks
        assert certificates.standing(world.db, learner, now=world.now).progress.scenarios == frozenset()
        with pytest.raises(Conflict):
            self.choose(world, learner, "dismisses")

    def test_beginning_again_deletes_what_was_written(self, world: World) -> None:
        """But not that it was completed."""
        learner = learner_of(world)
        complete_scenario(world.db, learner, self.KEY, now=world.now)
        scenarios.start(world.db, learner, self.KEY, now=world.now)
        self.say(world, learner, "words of my own")
        scenarios.start(world.db, learner, self.KEY, now=world.now)
        with world.db.read() as connection:
            (run,) = connection.execute(select(ScenarioRun.__table__)).all()
        assert (run.steps, run.completed_at) == ([], world.now)

    def test_a_page_that_is_behind(self, world: World) -> None:
        """A second press of the same button does not answer the next question."""
        learner = self.begin(world)
        self.choose(world, learner, "asks")
        with pytest.raises(Conflict):
            scenarios.choose(world.db, learner, self.KEY, step=0, reply_key="dismisses", now=world.now)
        assert self.talk(world, learner).node.key == "yes"

    def test_nobody_jumps_to_the_end(self, world: World) -> None:
        """Only replies of the node one is at, and only once it has begun."""
        learner = learner_of(world)
        with pytest.raises(Conflict):
            scenarios.choose(world.db, learner, self.KEY, step=0, reply_key="asks", now=world.now)
        scenarios.start(world.db, learner, self.KEY, now=world.now)
        for reply in ("end", "openly", ""):
            with pytest.raises(Invalid):
                self.choose(world, learner, reply)

    def test_it_does_not_grow_for_ever(self, world: World) -> None:
        """After sixty steps one begins again."""
        learner = self.begin(world)
        for _ in range(scenarios.MOST_STEPS):
            self.say(world, learner, "hm hm")
        with pytest.raises(Conflict):
            self.say(world, learner, "hm hm")

    def test_members_do_not_practise_here(self, world: World) -> None:
        """Nor in a scenario that does not exist."""
        with pytest.raises(Forbidden):
            scenarios.start(world.db, world.robin, self.KEY, now=world.now)
        with pytest.raises(NotFound):
            scenarios.start(world.db, world.volunteer, "nobody", now=world.now)
