"""The screener's side of the database: claims, fencing tokens, verdicts, and what is recorded."""

import pytest
from sqlalchemy import update

from models import Circle, MessageState, ScreenerState
from moderation.rules import Rules
from moderation.taxonomy import Lane, Level
from support_app.services import circles, events, rules, screening
from tests.factories import IN_CRISIS, UNKIND, World
from tests.services.screening_steps import Silent, delivered_ids, settle
from tests.services.steps import look_after, open_cases, release, return_it, screenings_of, take

BOTH = f"{UNKIND}. {IN_CRISIS}"


class TestClaim:
    def test_nothing_waits(self, world: World) -> None:
        """An idle screener gets nothing and writes nothing."""
        assert screening.claim(world.db, now=world.now) == []

    def test_a_claimed_circle_is_not_claimed_twice(self, world: World) -> None:
        """Two screeners never work on one circle at the same time; new messages wait for the claim to end."""
        world.send(world.robin, "one")
        first = screening.claim(world.db, now=world.now)
        world.send(world.robin, "two")
        assert len(first) == 1
        assert screening.claim(world.db, now=world.now) == []
        settle(world, first)
        assert [item.candidate.text for item in screening.claim(world.db, now=world.now)] == ["two"]

    def test_an_expired_claim_is_taken_over(self, world: World) -> None:
        """A screener that died before it settled loses nothing: another one claims the same messages with a higher token."""
        message_id = world.send(world.robin, "one").id
        lost = screening.claim(world.db, now=world.now)
        world.pass_time(seconds=screening.CLAIM_SECONDS + 1)
        again = screening.claim(world.db, now=world.now)
        assert [item.message_id for item in again] == [message_id]
        assert again[0].token == lost[0].token + 1
        assert settle(world, again) == {message_id}

    def test_order_inside_a_circle(self, world: World) -> None:
        """Messages get their places in the order in which they were accepted, over several claims and authors."""
        sent = [world.send((world.robin, world.willow)[number % 2], f"line {number}").id for number in range(7)]
        world.screen()
        sent += [world.send(world.willow, f"later {number}").id for number in range(3)]
        world.screen()
        assert delivered_ids(world) == sent

    def test_a_flood_in_one_circle_does_not_stop_another(self, world: World) -> None:
        """A circle that did not fit into the claim is not kept waiting by it."""
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.willow, other, now=world.now)
        flood = [world.send(world.robin, f"line {number}").id for number in range(screening.MESSAGES_PER_CLAIM)]
        waiting = world.send(world.willow, "hello", circle_id=other).id
        first = screening.claim(world.db, now=world.now)
        assert [item.message_id for item in first] == flood
        assert [item.message_id for item in screening.claim(world.db, now=world.now)] == [waiting]

    def test_the_authors_recent_texts_in_this_circle_come_along(self, world: World) -> None:
        """Repetition is judged by one's own texts here in the last two minutes, without those taken back or written later."""
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.robin, other, now=world.now)
        world.say(world.robin, "long ago")
        world.pass_time(seconds=screening.RECENT_SECONDS + 1)
        world.say(world.robin, "first")
        world.say(world.willow, "from somebody else")
        world.send(world.robin, "in another circle", circle_id=other)
        world.send(world.robin, "second")
        world.send(world.robin, "third")
        recent = {item.candidate.text: item.candidate.recent for item in screening.claim(world.db, now=world.now)}
        assert recent["second"] == ("first",)
        assert recent["third"] == ("second", "first")


class TestFencing:
    def test_a_stale_screener_changes_nothing(self, world: World) -> None:
        """A screener that was away too long cannot write over the one that took its circle."""
        message_id = world.send(world.robin, "one").id
        stale = screening.claim(world.db, now=world.now)
        world.pass_time(seconds=screening.CLAIM_SECONDS + 1)
        current = screening.claim(world.db, now=world.now)
        assert settle(world, stale) == set()
        assert world.message(message_id).state is MessageState.PENDING
        assert screenings_of(world, message_id) == []
        assert settle(world, current) == {message_id}
        assert settle(world, stale) == set()
        assert [row.number for row in screenings_of(world, message_id)] == [1]

    def test_not_even_by_failing(self, world: World) -> None:
        """A stale screener whose classifier broke does not hold what another screener is checking."""
        message_id = world.send(world.robin, "one").id
        stale = screening.claim(world.db, now=world.now)
        world.pass_time(seconds=screening.CLAIM_SECONDS + 1)
        current = screening.claim(world.db, now=world.now)
        settle(world, stale, Silent())
        assert world.message(message_id).state is MessageState.PENDING
        assert open_cases(world, message_id) == {}
        assert settle(world, current) == {message_id}

    def test_one_lost_circle_does_not_spoil_the_others(self, world: World) -> None:
        """Of two circles in a batch, the one that is still claimed is settled."""
        other = world.make_circle("Morning circle")
        circles.join(world.db, world.willow, other, now=world.now)
        world.send(world.robin, "one")
        kept = world.send(world.willow, "two", circle_id=other).id
        batch = screening.claim(world.db, now=world.now)
        with world.db.write() as connection:
            connection.execute(update(Circle).where(Circle.id == world.circle_id).values(screening_token=Circle.screening_token + 1))
        assert settle(world, batch) == {kept}

    def test_a_message_taken_back_in_between_is_left_alone(self, world: World) -> None:
        """What the author withdrew between claim and settle gets no screening and no place."""
        from support_app.services import messages  # noqa: PLC0415

        kept, gone = world.send(world.robin, "one").id, world.send(world.robin, "two").id
        claimed = screening.claim(world.db, now=world.now)
        messages.withdraw(world.db, world.robin, gone, version=1, now=world.now)
        assert settle(world, claimed) == {kept}
        assert screenings_of(world, gone) == []


class TestVerdicts:
    def test_crisis_is_delivered_and_brings_a_volunteer(self, world: World) -> None:
        """Nobody is silenced for being suicidal."""
        message_id = world.say(world.robin, IN_CRISIS)
        assert world.message(message_id).state is MessageState.DELIVERED
        assert set(open_cases(world, message_id)) == {Lane.CARE}

    def test_a_held_message_that_shows_crisis_has_cases_in_both_lanes(self, world: World) -> None:
        """The words are looked at, and so is the person who wrote them."""
        message_id = world.say(world.robin, BOTH)
        assert world.message(message_id).state is MessageState.HELD
        levels = {lane: case.level for lane, case in open_cases(world, message_id).items()}
        assert levels == {Lane.CONDUCT: Level.H2, Lane.CARE: Level.C2}

    @pytest.mark.parametrize("lane", list(Lane))
    @pytest.mark.parametrize("decision", ["release", "return"])
    def test_a_decision_in_either_lane_leaves_nothing_undecidable(self, world: World, lane: Lane, decision: str) -> None:
        """Whichever of the two cases is decided first, what stays open can still be closed by a person."""
        message_id = world.say(world.robin, BOTH)
        case = take(world, world.volunteer, message_id, lane=lane)
        if decision == "release":
            release(world, world.volunteer, case)
        else:
            return_it(world, world.volunteer, case, reason="Please say it without the attack.")
        for left in open_cases(world, message_id):
            look_after(world, world.volunteer, take(world, world.volunteer, message_id, lane=left))
        assert open_cases(world, message_id) == {}

    def test_the_care_card_outlives_the_release(self, world: World) -> None:
        """A held message in crisis that a person releases keeps its care card, on a page that loads anew as well."""
        message_id = world.say(world.robin, BOTH)
        case = take(world, world.volunteer, message_id)
        release(world, world.volunteer, case)
        mine = events.catch_up(world.db, world.robin, world.circle_id, after=0, limit=10, now=world.now).mine
        assert [(facts.message_id, facts.care) for facts, _ in mine] == [(message_id, True)]

    def test_what_is_recorded(self, world: World) -> None:
        """Scores, weights, reasons and rules are kept with every screening; no text is."""
        message_id = world.say(world.robin, UNKIND)
        (row,) = screenings_of(world, message_id)
        assert (row.classifier, row.weights_revision, row.rules_version, row.decided_by_id) == ("scripted", "1", 1, None)
        assert row.scores["harassment"] == 0.8
        assert [reason["code"] for reason in row.reasons] == ["harassment"]
        assert UNKIND not in str(row)

    def test_the_rules_in_force_at_the_claim_judge(self, world: World) -> None:
        """A change while a message is with the classifier counts for the next one, and each screening says which rules it used."""
        world.send(world.robin, UNKIND)
        claimed = screening.claim(world.db, now=world.now)
        relaxed = Rules(hold_harassment=0.95, nudge_harassment=0.9)
        rules.save_rules(world.db, world.admin, world.circle_id, rules=relaxed, reason="a trial", expected_version=1, now=world.now)
        settle(world, claimed)
        later = world.say(world.robin, f"{UNKIND}, again")
        judged = [(world.message(item).state, screenings_of(world, item)[0].rules_version) for item in (claimed[0].message_id, later)]
        assert judged == [(MessageState.HELD, 1), (MessageState.DELIVERED, 2)]


class TestStatus:
    def test_ready_only_while_heard_of(self, world: World) -> None:
        """A screener that stopped talking is not ready, whatever it said last."""
        assert screening.screener_status(world.db, now=world.now)["state"] == "unavailable"
        screening.report_screener(world.db, instance="a", state=ScreenerState.READY, now=world.now, classifier="scripted", revision="1")
        status = screening.screener_status(world.db, now=world.now)
        assert (status["state"], status["classifier"], status["weights_revision"], status["pending"]) == ("ready", "scripted", "1", 0)
        world.pass_time(seconds=screening.FRESH_SECONDS[ScreenerState.READY])
        assert screening.screener_status(world.db, now=world.now)["state"] == "unavailable"

    def test_one_ready_screener_is_enough(self, world: World) -> None:
        """Another one that is starting or has failed does not hide it."""
        screening.report_screener(world.db, instance="a", state=ScreenerState.READY, now=world.now, classifier="scripted", revision="1")
        world.pass_time(seconds=1)
        screening.report_screener(world.db, instance="b", state=ScreenerState.FAILED, now=world.now, error="weights.bin is missing")
        assert screening.screener_status(world.db, now=world.now)["state"] == "ready"
        world.pass_time(seconds=4.5)
        status = screening.screener_status(world.db, now=world.now)
        assert (status["state"], status["error"]) == ("failed", "weights.bin is missing")

    def test_what_waits_is_counted(self, world: World) -> None:
        """Operators see how many wait, and how long the oldest one has."""
        world.send(world.robin, "one")
        world.pass_time(seconds=3)
        world.send(world.robin, "two")
        status = screening.screener_status(world.db, now=world.now)
        assert (status["pending"], status["oldest_pending_s"]) == (2, 3)
