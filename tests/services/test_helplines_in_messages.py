"""Members may write to each other what stands in the administration's list of helplines, from the next message on, and nothing near it."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, text, update

from models import EmergencyNumber, Helpline, MessageState
from moderation.helplines import SHIPPED
from moderation.screener import screen_once
from support_app.errors import Invalid
from support_app.screening import DatabaseStore
from support_app.services import helpline_upkeep
from support_app.services.helpline_entry import Entry
from support_app.services.helplines_in_messages import nameable
from tests.factories import World

OWN = Entry("ES", "La línea", "0900 123 4567", "HOLA → 0777 765 432", "https://www.lalinea.org/chat", True, "", "Español", "https://www.lalinea.org")
WAYS = ("call 0900 123 4567", "text HOLA to 0777 765432", "write at lalinea.org/chat", "see https://www.lalinea.org")


@pytest.fixture
def screener(world: World) -> DatabaseStore:
    """One process that lives on while administrators change the list."""
    return DatabaseStore(world.db, world.classifier, supervised=False)


def said(world: World, screener: DatabaseStore, text: str) -> MessageState:
    """What becomes of a message that this screener claims and settles."""
    message_id = world.send(world.robin, text).id
    assert screen_once(screener.classifier, screener)
    state: MessageState = world.message(message_id).state
    return state


def add(world: World, **changes: str) -> int:
    return helpline_upkeep.add(world.db, world.admin, entry=replace(OWN, **changes), now=world.now)


def test_from_the_next_message_on_and_no_longer_than_it_is_shown(world: World, screener: DatabaseStore) -> None:
    """Added, changed and retired while the screener runs: every way to reach the line passes exactly as long as it stands there."""
    assert {said(world, screener, way) for way in WAYS} == {MessageState.HELD}
    helpline_id = add(world)
    assert {said(world, screener, way) for way in WAYS} == {MessageState.DELIVERED}
    helpline_upkeep.change(world.db, world.admin, helpline_id, entry=replace(OWN, call_numbers="0900 765 4321"), version=1, now=world.now)
    assert [said(world, screener, number) for number in ("0900 123 4567", "0900 765 4321")] == [MessageState.HELD, MessageState.DELIVERED]
    helpline_upkeep.retire(world.db, world.admin, helpline_id, version=2, now=world.now)
    assert {said(world, screener, way) for way in (*WAYS, "0900 765 4321")} == {MessageState.HELD}


def test_emergency_numbers(world: World, screener: DatabaseStore) -> None:
    """Set, changed and taken away."""
    states = []
    for number in ("0800 765 432", "0800 765 433", ""):
        helpline_upkeep.set_emergency_number(world.db, world.admin, country="PT", number=number, now=world.now)
        states.append([said(world, screener, f"call {written}") for written in ("0800 765 432", "0800765433")])
    delivered, held = MessageState.DELIVERED, MessageState.HELD
    assert states == [[delivered, held], [held, delivered], [held, held]]


def test_nothing_near_an_entry_passes(world: World, screener: DatabaseStore) -> None:
    """A longer number, another page of the site, a mailbox there, a private number beside it."""
    add(world)
    near = ("0900 123 4567 89 10", "lalinea.org/chat/me", "jo@lalinea.org", "call 0900 123 4567 or me: 0176 12345678")
    assert {said(world, screener, text) for text in near} == {MessageState.HELD}


def test_a_row_that_nobody_entered_opens_nothing(world: World, screener: DatabaseStore) -> None:
    """What was written into the table by hand and could not have been entered is not let through."""
    by_hand = {
        "country": "ES",
        "name": "By hand",
        "call_numbers": "7\n2 3\n\\d+",
        "text_lines": "",
        "web_url": "https://com",
        "source_url": "",
        "languages": "",
    }
    row = by_hand | {"day_and_night": True, "hours": "", "version": 1, "last_verified_at": world.now, "created_at": world.now}
    with world.db.engine.begin() as connection:
        connection.execute(insert(Helpline).values(row))
    texts = ("7 7 7 7 7 7 7 7 7", "23 23 23 23 23", "0176 12345678", "https://com", "jo.example.com")
    assert {said(world, screener, text) for text in texts} == {MessageState.HELD}


def test_a_list_that_cannot_be_read(world: World, screener: DatabaseStore, caplog: pytest.LogCaptureFixture) -> None:
    """The shipped helplines pass, the operator's do not, messages go on, and the log says what kind of fault it was; then all is as before."""
    add(world)
    rename(world, "helplines", "put_away")
    try:
        assert nameable(world.db) == SHIPPED
        assert [said(world, screener, way) for way in ("call 116 123", WAYS[0], "good evening")] == [
            MessageState.DELIVERED,
            MessageState.HELD,
            MessageState.DELIVERED,
        ]
        assert "could not be read" in caplog.text
        assert "0900" not in caplog.text
    finally:
        rename(world, "put_away", "helplines")
    assert said(world, screener, WAYS[1]) is MessageState.DELIVERED


def rename(world: World, old: str, new: str) -> None:
    with world.db.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"call_numbers": "7"}, "too short to be a phone number"),
        ({"call_numbers": "0900 123 4567\n12"}, "too short to be the number of a helpline"),
        ({"text_lines": "HOLA → 12"}, "too short to be the number of a helpline"),
        ({"web_url": "https://co.uk"}, "not the address of one helpline"),
        ({"web_url": "https://gmail.com/"}, "not the address of one helpline"),
        ({"source_url": "https://www.t.me"}, "not the address of one helpline"),
        ({"web_url": "https://com"}, "not a web address"),
    ],
)
def test_an_entry_that_would_let_too_much_through_is_refused(world: World, change: dict[str, str], words: str) -> None:
    """In plain words, at its field, and nothing changes for messages."""
    before = nameable(world.db)
    with pytest.raises(Invalid) as refusal:
        add(world, **change)
    assert words in refusal.value.own_sentence
    assert refusal.value.values["field"] in change
    assert nameable(world.db) == before


def test_an_emergency_number_of_two_digits(world: World, screener: DatabaseStore) -> None:
    """Some countries have one. It can be kept, and lets nothing through that was stopped before."""
    helpline_upkeep.set_emergency_number(world.db, world.admin, country="FR", number="15", now=world.now)
    assert said(world, screener, "15 15 15 15 15") is MessageState.HELD
    assert said(world, screener, "call 15, now") is MessageState.DELIVERED
    with world.db.engine.begin() as connection:
        connection.execute(update(EmergencyNumber).where(EmergencyNumber.country == "FR").values(number="7"))
    assert said(world, screener, "7 7 7 7 7 7 7 7 7") is MessageState.HELD
