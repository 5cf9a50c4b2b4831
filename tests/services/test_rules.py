"""Versions of a circle's rules: saved, restored, never changed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from models import MessageState
from moderation.rules import Rules
from moderation.taxonomy import CrisisMode
from support_app.errors import Conflict, Forbidden, Invalid, NotFound
from support_app.services import rules
from tests.factories import IN_CRISIS, UNKIND, World

RELAXED = Rules(hold_harassment=0.95, nudge_harassment=0.9)


def save(world: World, new: Rules, *, actor=None, expected: int = 1, circle_id: int | None = None) -> int:
    who, where = actor or world.admin, circle_id or world.circle_id
    return rules.save_rules(world.db, who, where, rules=new, reason="a reason", expected_version=expected, now=world.now)


def restore(world: World, number: int, *, expected: int) -> int:
    return rules.restore_rules(world.db, world.admin, world.circle_id, number=number, reason="back", expected_version=expected, now=world.now)


class TestSave:
    def test_a_new_version_judges_from_now_on(self, world: World) -> None:
        """What was held stays held; what comes after is judged anew."""
        before = world.say(world.robin, UNKIND)
        assert save(world, RELAXED) == 2
        after = world.say(world.willow, UNKIND)
        assert [world.message(item).state for item in (before, after)] == [MessageState.HELD, MessageState.DELIVERED]

    def test_two_admins_at_once(self, postgres, world: World) -> None:
        """Exactly one version 2 is made; the other admin looks again."""
        start = Barrier(2)

        def press(limit: int) -> bool:
            start.wait()
            try:
                save(world, Rules(max_length=limit))
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(press, (500, 600))) == [False, True]
        assert [row.number for row in rules.rule_history(world.db, world.circle_id)] == [2, 1]

    def test_refusals(self, world: World) -> None:
        """A stale page, somebody who is no admin, a circle that is not there."""
        with pytest.raises(Conflict):
            save(world, RELAXED, expected=7)
        for actor in (world.robin, world.volunteer):
            with pytest.raises(Forbidden):
                save(world, RELAXED, actor=actor)
        with pytest.raises(NotFound):
            save(world, RELAXED, circle_id=999_999)


class TestRestore:
    def test_makes_a_new_version_like_the_old_one(self, world: World) -> None:
        """History is never rewritten: version 3 says what version 1 said."""
        save(world, RELAXED)
        assert restore(world, 1, expected=2) == 3
        history = rules.rule_history(world.db, world.circle_id)
        assert [(row.number, row.by) for row in history] == [(3, "Cloud"), (2, "Cloud"), (1, None)]
        assert history[0].rules == history[2].rules != history[1].rules
        assert world.message(world.say(world.robin, UNKIND)).state is MessageState.HELD

    def test_refusals(self, world: World) -> None:
        """A version that never was, or a stale page."""
        with pytest.raises(NotFound):
            restore(world, 9, expected=1)
        save(world, RELAXED)
        with pytest.raises(Conflict):
            restore(world, 1, expected=1)


class TestParse:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"hold_harassment": 0}, "hold_harassment"),
            ({"hold_goading": 1}, "hold_goading"),
            ({"alert_crisis": "often"}, "alert_crisis"),
            ({"crisis_mode": "ignore"}, "crisis_mode"),
            ({"max_length": 4001}, "max_length"),
            ({"max_length": 99}, "max_length"),
            ({"watched_phrases": ["x"]}, "watched_phrases"),
            ({"screening": False}, "screening"),
            ({"hold_harassment": 0.3, "nudge_harassment": 0.5}, ""),
        ],
    )
    def test_names_the_field_that_is_wrong(self, values: dict[str, object], field: str) -> None:
        """So that the page can say which; an unknown field is wrong too, so nothing can turn screening off."""
        with pytest.raises(Invalid) as refusal:
            rules.parse_rules(values)
        assert refusal.value.values["field"] == field

    def test_a_whole_set(self) -> None:
        """What the form says becomes rules."""
        parsed = rules.parse_rules(Rules().model_dump(mode="json") | {"crisis_mode": "hold_all", "watched_phrases": ["old name"]})
        assert (parsed.crisis_mode, parsed.watched_phrases) == (CrisisMode.HOLD_ALL, ("old name",))


def test_crisis_mode_of_the_circle_counts(world: World) -> None:
    """A circle that reads such messages first holds them, and its author is cared for all the same."""
    save(world, Rules(crisis_mode=CrisisMode.HOLD_ALL))
    assert world.message(world.say(world.robin, IN_CRISIS)).state is MessageState.HELD


def test_watched_phrases_of_the_circle_count(world: World) -> None:
    """A phrase of this circle's own is read by a person first."""
    save(world, Rules(watched_phrases=("blue door",)))
    assert world.message(world.say(world.robin, "I stood at the blue door again")).state is MessageState.HELD


def test_rules_in_force_of_an_unknown_circle(world: World) -> None:
    """Nothing is made up."""
    with world.db.read() as connection, pytest.raises(NotFound):
        rules.rules_in_force(connection, 999_999)
