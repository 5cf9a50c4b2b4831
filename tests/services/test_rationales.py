"""The words behind a flag: for which cases they are looked for, once each, and how a text is cut at them."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import update

from models import MessageState, Screening
from moderation.classifier.base import harmless
from moderation.screener import Flagged, run
from moderation.taxonomy import Label, Lane
from moderation.why import Raised
from support_app.screening import DatabaseStore
from support_app.services import messages, rationales
from support_app.services.rationales import Piece, pieces_of
from tests.factories import BORDERLINE, IN_CRISIS, UNKIND, World, scripted
from tests.services.steps import open_cases, release, screenings_of, take


def taken(world: World, revision: str = "1") -> Flagged | None:
    return rationales.take_flagged(world.db, revision=revision)


def found(label: str, start: int, end: int) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end, "weight": 0.5}


class TestTake:
    def test_what_a_volunteer_has_to_look_at(self, world: World) -> None:
        """With the labels that reached a threshold; what was delivered without a case, or only asked about, is left alone."""
        for text in ("good evening", BORDERLINE):
            world.say(world.robin, text)
        assert taken(world) is None
        message_id = world.say(world.robin, f"{UNKIND}. {IN_CRISIS}")
        assert taken(world) == Flagged(message_id, 1, f"{UNKIND}. {IN_CRISIS}", (Label.HARASSMENT, Label.CRISIS))

    def test_each_is_given_out_once(self, world: World) -> None:
        """A search that fails, or a process that dies in it, is not repeated for ever; nor are two cases of one message two searches."""
        message_id = world.say(world.robin, f"{UNKIND}. {IN_CRISIS}")
        assert taken(world) is not None
        assert taken(world) is None
        assert [row.rationale for row in screenings_of(world, message_id)] == [[]]

    def test_what_is_due_first(self, world: World) -> None:
        """The queue's own order: conduct has two minutes here, care five."""
        care = world.say(world.robin, IN_CRISIS)
        conduct = world.say(world.willow, UNKIND)
        assert [taken(world).message_id for _ in range(2)] == [conduct, care]

    def test_only_by_the_weights_that_flagged_it(self, world: World) -> None:
        """Other weights have other reasons."""
        world.say(world.robin, UNKIND)
        assert taken(world, "2") is None
        assert taken(world, "1") is not None

    def test_not_once_the_case_is_closed(self, world: World) -> None:
        """What was taken back is nobody's to look at any more."""
        message_id = world.say(world.robin, UNKIND)
        messages.withdraw(world.db, world.robin, message_id, version=world.message(message_id).version, now=world.now)
        assert taken(world) is None

    def test_a_hold_by_rules_alone_has_no_labels(self, world: World) -> None:
        """There is nothing to look for, and it is done with."""
        world.say(world.robin, "write to robin@example.org")
        assert taken(world).labels == ()

    def test_a_persons_decision_is_no_score(self, world: World) -> None:
        """Nothing is looked for in a row that a volunteer made."""
        message_id = world.say(world.robin, f"{UNKIND}. {IN_CRISIS}")
        case = take(world, world.volunteer, message_id, lane=Lane.CONDUCT)
        release(world, world.volunteer, case)
        assert taken(world).number == 1
        assert taken(world) is None


class TestKeep:
    def test_offsets_and_never_any_text(self, world: World) -> None:
        """Only numbers and the label's name; the scores and everything else stay as they were."""
        message_id = world.say(world.robin, UNKIND)
        before = screenings_of(world, message_id)[0]._asdict()
        rationales.keep_why(world.db, taken(world), [Raised(Label.HARASSMENT, 8, 17, 0.123456789)])
        after = screenings_of(world, message_id)[0]._asdict()
        assert after["rationale"] == [{"label": "harassment", "start": 8, "end": 17, "weight": 0.12346}]
        assert after | {"rationale": None} == before

    def test_until_then_there_is_none(self, world: World) -> None:
        """Null in the database itself, which is how the next one is found."""
        message_id = world.say(world.robin, UNKIND)
        with world.db.write(events=False) as connection:
            changed = connection.execute(update(Screening).where(Screening.message_id == message_id, Screening.rationale.is_(None)).values(milliseconds=1))
        assert changed.rowcount == 1


class TestLoop:
    def run(self, world: World) -> None:
        """The screener's own loop over this database, until nothing is left to do."""
        run(world.classifier, DatabaseStore(world.db, world.classifier, supervised=False), wait=lambda: False)

    def test_from_the_message_to_the_words(self, world: World) -> None:
        """Screened, held, and then explained by the same loop."""
        world.classify_with(lambda text: harmless(harassment=0.9 * ("worth" in text)))
        message_id = world.send(world.robin, f"\U0001f327\ufe0f {UNKIND}").id
        self.run(world)
        (row,) = screenings_of(world, message_id)
        assert world.message(message_id).state is MessageState.HELD
        assert row.rationale == [{"label": "harassment", "start": 15, "end": 20, "weight": 0.9}]

    def test_a_message_that_arrives_meanwhile_goes_first(self, world: World) -> None:
        """It is delivered before the search is at its end, and the search ends well."""
        arrived: list[int] = []
        unexplained: list[bool] = []

        def script(text: str) -> Mapping[Label, float]:
            if "anybody" not in text and not arrived:
                arrived.append(world.send(world.willow, "good evening").id)
            elif arrived and text != "good evening":
                unexplained.append(screenings_of(world, held)[0].rationale == [] and world.message(arrived[0]).state is MessageState.DELIVERED)
            return harmless(harassment=0.9 * ("worth" in text))

        world.classify_with(script)
        held = world.send(world.robin, UNKIND).id
        self.run(world)
        assert unexplained
        assert all(unexplained)
        assert len(screenings_of(world, held)[0].rationale) == 1

    def test_a_search_that_breaks_touches_no_message(self, world: World) -> None:
        """What waits is delivered, the held one stays held with its case, and nothing is tried again."""
        asked: list[str] = []

        def script(text: str) -> Mapping[Label, float]:
            asked.append(text)
            if "time" not in text and text != "good evening":
                raise ValueError
            return scripted(text)

        world.classify_with(script)
        held, passed = world.send(world.robin, UNKIND).id, world.send(world.willow, "good evening").id
        self.run(world)
        tried = len(asked)
        self.run(world)
        assert len(asked) == tried
        assert (world.message(held).state, world.message(passed).state) == (MessageState.HELD, MessageState.DELIVERED)
        assert [row.rationale for row in screenings_of(world, held)] == [[]]
        assert set(open_cases(world, held)) == {Lane.CONDUCT}


class TestPieces:
    def test_the_pieces_make_up_the_text(self) -> None:
        """At the start, in the middle and at the end, counted in code points."""
        text = "\U0001f327\ufe0fyou said no"
        assert pieces_of(text, [found("harassment", 2, 5), found("goading", 11, 13)]) == [
            Piece("\U0001f327\ufe0f"),
            Piece("you", Label.HARASSMENT),
            Piece(" said "),
            Piece("no", Label.GOADING),
        ]

    @pytest.mark.parametrize("rationale", [None, []])
    def test_without_a_rationale(self, rationale: list[dict[str, Any]] | None) -> None:
        """The text in one piece."""
        assert pieces_of("good evening", rationale) == [Piece("good evening")]

    @pytest.mark.parametrize(
        "rationale",
        [
            [found("crisis", 0, 5)],
            [found("crisis", 3, 3)],
            [found("crisis", -1, 2)],
            [found("crisis", 1, 3), found("crisis", 2, 4)],
            [found("crisis", 0, 1), found("crisis", 9, 12)],
        ],
    )
    def test_offsets_that_do_not_fit_mark_nothing(self, rationale: list[dict[str, Any]]) -> None:
        """A text that was erased or shortened meanwhile is not marked at the wrong words."""
        assert pieces_of("gone", rationale) == [Piece("gone")]
