"""The way from an application to the first case: quizzes, conversations, mock chats, certificates, and who is kept out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Role, ScenarioRun, User
from models.case import Decision
from models.mock_chat import Competency
from moderation.taxonomy import Level
from support_app.access import Actor
from support_app.errors import Conflict, Forbidden, Invalid, NotCertified, NotFound, NotSignedIn
from support_app.services import (
    accounts,
    applications,
    care,
    case_view,
    certificates,
    circles,
    decisions,
    leases,
    mock_chats,
    quizzes,
    scenarios,
    sharing,
    shifts,
)
from support_app.services.applications import NewApplication
from support_app.services.decisions import Ruling
from support_app.services.demo_training import complete_scenario
from support_app.services.next_case import claim_next
from tests.factories import UNKIND, World
from tests.services.learning import (
    CONTENT,
    GOOD,
    NOTE,
    acts_about,
    answer,
    answers_to,
    asked_chat,
    back,
    certificates_of,
    certified,
    have_mock_chat,
    lead_of,
    learner_of,
    pass_quizzes,
    practise,
    train,
)
from tests.services.steps import case_row, open_cases, steps_of, take

WISH = NewApplication("I would like to give something back, slowly.", 3, "English")
REASON = "Trained at another charity; I have seen the papers."


def case_of(world: World, text: str = UNKIND) -> int:
    (case,) = open_cases(world, world.say(world.robin, text)).values()
    return case.id


def role_of(world: World, actor: Actor) -> Role:
    with world.db.read() as connection:
        return connection.execute(select(User.role).where(User.id == actor.user_id)).scalar_one()


class TestApplications:
    def apply(self, world: World, actor: Actor, **changes: object) -> int:
        values = {"why": WISH.why, "hours": WISH.hours, "languages": WISH.languages} | changes
        applications.apply(world.db, actor, NewApplication(**values), now=world.now)
        return applications.own(world.db, actor, now=world.now).id

    @pytest.mark.parametrize("role", [Role.LEAD, Role.ADMIN])
    def test_accepting_makes_a_volunteer_without_cases(self, world: World, role: Role) -> None:
        """The old session ends; the queue is there, its cases are not."""
        application = self.apply(world, world.robin)
        decider = world.person("Decider", role=role)
        applications.accept(world.db, decider, application, now=world.now)
        assert role_of(world, world.robin) is Role.VOLUNTEER
        assert (decider.user_id, "application.accepted") in acts_about(world, f"application:{application}")
        assert (decider.user_id, "account.role_changed") in acts_about(world, f"user:{world.robin.user_id}")
        with pytest.raises(NotSignedIn):
            case_view.queue(world.db, world.robin, now=world.now)
        robin = back(world, world.robin)
        assert case_view.queue(world.db, robin, now=world.now) == []
        assert not certified(world, robin)

    def test_declining_needs_words_that_the_applicant_reads(self, world: World) -> None:
        """And leaves them what they were; they may apply again."""
        application = self.apply(world, world.robin)
        with pytest.raises(Invalid):
            applications.decline(world.db, world.admin, application, answer=" no ", now=world.now)
        applications.decline(world.db, world.admin, application, answer="Please ask again in spring.", now=world.now)
        assert applications.own(world.db, world.robin, now=world.now).answer == "Please ask again in spring."
        assert role_of(world, world.robin) is Role.MEMBER
        assert self.apply(world, world.robin) != application

    def test_answered_once(self, world: World) -> None:
        """Whoever comes second meets a conflict, whichever way they decide."""
        application = self.apply(world, world.robin)
        applications.accept(world.db, world.admin, application, now=world.now)
        with pytest.raises(Conflict):
            applications.decline(world.db, lead_of(world), application, answer="Too late for this one.", now=world.now)
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, application, now=world.now)

    def test_one_waits_at_a_time(self, world: World) -> None:
        """Until it is taken back."""
        first = self.apply(world, world.robin)
        with pytest.raises(Conflict):
            self.apply(world, world.robin)
        applications.withdraw(world.db, world.robin, now=world.now)
        with pytest.raises(Conflict):
            applications.withdraw(world.db, world.robin, now=world.now)
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, first, now=world.now)
        assert [row.id for row in applications.waiting(world.db, world.admin, now=world.now)] == []
        self.apply(world, world.robin)

    @pytest.mark.parametrize("changes", [{"why": "because"}, {"why": "x" * 1001}, {"hours": 0}, {"hours": 21}, {"languages": " "}])
    def test_what_does_not_fit(self, world: World, changes: dict[str, object]) -> None:
        """Is refused with words."""
        with pytest.raises(Invalid):
            self.apply(world, world.robin, **changes)

    def test_only_members_apply_and_only_the_team_answers(self, world: World) -> None:
        """Not even a certified volunteer."""
        with pytest.raises(Forbidden):
            applications.apply(world.db, world.volunteer, WISH, now=world.now)
        application = self.apply(world, world.robin)
        for actor in (world.willow, world.volunteer):
            with pytest.raises(Forbidden):
                applications.waiting(world.db, actor, now=world.now)
            with pytest.raises(Forbidden):
                applications.accept(world.db, actor, application, now=world.now)
        assert role_of(world, world.robin) is Role.MEMBER

    def test_somebody_who_was_banned_meanwhile(self, world: World) -> None:
        """Does not become a volunteer."""
        application = self.apply(world, world.robin)
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="a reason", now=world.now)
        assert applications.waiting(world.db, world.admin, now=world.now) == []
        with pytest.raises(Conflict):
            applications.accept(world.db, world.admin, application, now=world.now)
        assert role_of(world, world.robin) is Role.MEMBER


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


class TestCertificates:
    def test_issued_by_the_system_when_all_is_done(self, world: World) -> None:
        """Not one step before; on record without an actor; valid for 365 days."""
        lead, learner = lead_of(world), learner_of(world)
        pass_quizzes(world, learner)
        practise(world, learner)
        have_mock_chat(world, learner, lead)
        assert not certified(world, learner)
        have_mock_chat(world, learner, lead)
        (row,) = certificates_of(world, learner)
        assert (row.issued_by_id, row.expires_at - row.issued_at) == (None, timedelta(days=365))
        assert acts_about(world, f"user:{learner.user_id}") == [(None, "certificate.issued")]
        world.pass_time(days=365, seconds=-1)
        assert certified(world, learner)
        world.pass_time(seconds=1)
        assert not certified(world, learner)

    def test_the_whole_training_brings_one_back(self, world: World) -> None:
        """After a revocation, with mock chats and all."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        certificates.revoke(world.db, lead, user_id=learner.user_id, reason=REASON, now=world.now)
        world.pass_time(days=1)
        train(world, learner, lead)
        assert certified(world, learner)
        assert len(certificates_of(world, learner)) == 2

    def test_renewed_by_the_quizzes_in_the_last_thirty_days(self, world: World) -> None:
        """Repeating them earlier renews nothing; the new year begins where the old one ends."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        (first,) = certificates_of(world, learner)
        world.pass_time(days=334)
        learner = back(world, learner)
        pass_quizzes(world, learner)
        assert not certificates.standing(world.db, learner, now=world.now).renewal
        world.pass_time(days=1, seconds=1)
        assert certificates.standing(world.db, learner, now=world.now).renewal
        for module in CONTENT.modules[1:]:
            answer(world, learner, module)
        assert len(certificates_of(world, learner)) == 1
        answer(world, learner, CONTENT.modules[0])
        (_, second) = certificates_of(world, learner)
        assert second.expires_at == first.expires_at + timedelta(days=365)
        assert not certificates.standing(world.db, learner, now=world.now).renewal

    def test_renewed_after_it_ran_out(self, world: World) -> None:
        """Cases are closed until then; the quizzes are enough."""
        learner = world.volunteer
        world.pass_time(days=400)
        learner = back(world, learner)
        assert not certified(world, learner)
        pass_quizzes(world, learner)
        assert certified(world, learner)
        assert certificates_of(world, learner)[-1].expires_at == world.now + timedelta(days=365)

    def test_after_a_revocation_everything_counts_anew(self, world: World) -> None:
        """The quizzes alone bring nobody back; the reason can be read."""
        lead, learner = lead_of(world), learner_of(world)
        train(world, learner, lead)
        certificates.revoke(world.db, lead, user_id=learner.user_id, reason="You told a member's story outside.", now=world.now)
        world.pass_time(seconds=1)
        standing = certificates.standing(world.db, learner, now=world.now)
        assert (standing.certified, standing.revoked) == (False, True)
        assert standing.certificate.revoked_reason == "You told a member's story outside."
        pass_quizzes(world, learner)
        practise(world, learner)
        assert not certified(world, learner)
        assert acts_about(world, f"user:{learner.user_id}")[-1] == (lead.user_id, "certificate.revoked")

    def test_revoking_ends_a_renewal_too(self, world: World) -> None:
        """Two certificates may be in force at once; none is left."""
        learner = world.volunteer
        world.pass_time(days=340)
        learner = back(world, learner)
        admin = back(world, world.admin)
        pass_quizzes(world, learner)
        assert len(certificates_of(world, learner)) == 2
        certificates.revoke(world.db, admin, user_id=learner.user_id, reason=REASON, now=world.now)
        assert not certified(world, learner)

    def test_an_admin_certifies_directly(self, world: World) -> None:
        """So that a fresh installation can begin; with a reason, on record, and only volunteers and leads."""
        lead = lead_of(world, certified=False)
        with pytest.raises(Invalid):
            certificates.certify(world.db, world.admin, user_id=lead.user_id, reason="elsewhere", now=world.now)
        certificates.certify(world.db, world.admin, user_id=lead.user_id, reason=REASON, now=world.now)
        assert certified(world, lead)
        assert acts_about(world, f"user:{lead.user_id}") == [(world.admin.user_id, "certificate.issued")]
        with pytest.raises(Conflict):
            certificates.certify(world.db, world.admin, user_id=lead.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.certify(world.db, world.admin, user_id=world.robin.user_id, reason=REASON, now=world.now)
        with pytest.raises(NotFound):
            certificates.certify(world.db, world.admin, user_id=10**6, reason=REASON, now=world.now)

    def test_who_may_certify_and_revoke(self, world: World) -> None:
        """A lead revokes but does not certify; nobody decides about themselves; volunteers and members do neither."""
        lead, learner = lead_of(world), learner_of(world)
        for actor in (lead, learner, world.volunteer, world.robin):
            with pytest.raises(Forbidden):
                certificates.certify(world.db, actor, user_id=learner.user_id, reason=REASON, now=world.now)
        for actor in (learner, world.other_volunteer, world.robin):
            with pytest.raises(Forbidden):
                certificates.revoke(world.db, actor, user_id=world.volunteer.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.revoke(world.db, lead, user_id=lead.user_id, reason=REASON, now=world.now)
        with pytest.raises(Invalid):
            certificates.revoke(world.db, lead, user_id=world.volunteer.user_id, reason="because", now=world.now)
        with pytest.raises(Conflict):
            certificates.revoke(world.db, lead, user_id=learner.user_id, reason=REASON, now=world.now)
        assert certified(world, world.volunteer)

    def test_people_as_the_team_sees_them(self, world: World) -> None:
        """By name, with where they stand."""
        learner_of(world)
        found = certificates.people(world.db, world.admin, now=world.now)
        assert [(person.name, person.standing.certified) for person in found] == [("Harbour", True), ("Heron", False), ("Lantern", True)]
        with pytest.raises(Forbidden):
            certificates.people(world.db, world.volunteer, now=world.now)


class TestCases:
    """No action with a case without a certificate in force."""

    def refused(self, world: World, actor: Actor, case_id: int, version: int) -> None:
        db, now = world.db, world.now
        for act in (
            lambda: leases.claim(db, actor, case_id, now=now),
            lambda: leases.keep_alive(db, actor, case_id, now=now),
            lambda: leases.give_back(db, actor, case_id, now=now),
            lambda: leases.reveal(db, actor, case_id, now=now),
            lambda: decisions.decide(db, actor, case_id, Ruling(Decision.RELEASE), version=version, undo_for=timedelta(), now=now),
            lambda: decisions.undo(db, actor, case_id, now=now),
            lambda: care.set_level(db, actor, case_id, level=Level.H1, version=version, now=now),
            lambda: sharing.hand_over(db, actor, case_id, to_id=world.volunteer.user_id, version=version, now=now),
            lambda: sharing.give_opinion(db, actor, case_id, note="an opinion", now=now),
            lambda: claim_next(db, actor, now=now),
        ):
            with pytest.raises(NotCertified):
                act()

    @pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.LEAD])
    def test_without_one(self, world: World, role: Role) -> None:
        """The queue and the case can be seen, without any text; everything else is refused, also when nobody waits."""
        newcomer = world.person("Heron", role=role, certified=False)
        with pytest.raises(NotCertified):
            claim_next(world.db, newcomer, now=world.now)
        case_id = case_of(world)
        assert [view.case.id for view in case_view.queue(world.db, newcomer, now=world.now)] == [case_id]
        view = case_view.case_view(world.db, newcomer, case_id, now=world.now)
        assert (view.revealed, view.context, view.certified) == (False, [], False)
        self.refused(world, newcomer, case_id, view.case.version)
        assert steps_of(world, case_id) == ["opened"]

    def test_when_it_runs_out_in_the_middle_of_a_case(self, world: World) -> None:
        """The text is gone with it, and nothing can be decided; others take the case on."""
        soon = learner_of(world, "Soon")
        with world.db.write() as connection:
            certificates.issue(connection, user_id=soon.user_id, until=world.now + timedelta(seconds=60), now=world.now)
        message_id = world.say(world.robin, UNKIND)
        case = take(world, soon, message_id)
        assert case_view.case_view(world.db, soon, case.id, now=world.now).revealed
        world.pass_time(seconds=60)
        assert not case_view.case_view(world.db, soon, case.id, now=world.now).revealed
        self.refused(world, soon, case.id, case.version)
        assert world.message(message_id).state.value == "held"

    def test_revoking_gives_the_cases_back(self, world: World) -> None:
        """At the next turn of the watch, not after the rest of the lease."""
        case = take(world, world.volunteer, world.say(world.robin, UNKIND))
        certificates.revoke(world.db, world.admin, user_id=world.volunteer.user_id, reason=REASON, now=world.now)
        assert leases.expire_leases(world.db, now=world.now) == 1
        assert case_row(world, case.id).owner_id is None
        assert steps_of(world, case.id)[-1] == "given_back"
        assert claim_next(world.db, world.other_volunteer, now=world.now) == case.id
        self.refused(world, world.volunteer, case.id, case.version)

    def test_from_application_to_the_first_case(self, world: World) -> None:
        """The whole way, with nobody of the team but an admin and a lead."""
        lead = lead_of(world)
        case_id = case_of(world)
        applications.apply(world.db, world.willow, WISH, now=world.now)
        (waiting,) = applications.waiting(world.db, lead, now=world.now)
        applications.accept(world.db, lead, waiting.id, now=world.now)
        willow = back(world, world.willow)
        train(world, willow, lead)
        circles.leave(world.db, willow, world.circle_id, now=world.now)
        shifts.start(world.db, willow, check=4, now=world.now)
        assert claim_next(world.db, willow, now=world.now) == case_id
