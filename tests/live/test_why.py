"""The real screener looks for the words behind a flag when it has time, and never at the cost of a message."""

from collections.abc import Callable

from sqlalchemy import select

from models import Role, Screening
from support_app.database import AnyRow
from tests.live.server import Server
from tests.live.waiting import eventually
from tests.live.weights import HELD, IN_CRISIS, SLOW

StartServer = Callable[..., Server]
CLOUD = "\U0001f327\ufe0f"


def screening(server: Server, message_id: int) -> AnyRow:
    """What was found in a message."""
    with server.db.read() as connection:
        return connection.execute(select(Screening.__table__).where(Screening.message_id == message_id)).one()


def test_a_held_message_gets_its_words(server: Server) -> None:
    """The case names them soon after, where they stand in the text as typed, and its page marks them."""
    circle = server.circle()
    robin, volunteer = server.person(circle), server.person(role=Role.VOLUNTEER)
    text = f"{CLOUD} the <b>{HELD}</b> of a {IN_CRISIS} rose"
    with robin.connect(circle) as one:
        held = one.send(circle, text)["id"]
        one.wait_for_state(held, "held")
    rationale = eventually(lambda: screening(server, held).rationale, "for the words behind the flag")
    assert [(text[found["start"] : found["end"]], found["label"]) for found in rationale] == [(HELD, "harassment"), (IN_CRISIS, "crisis")]
    assert HELD not in str(rationale)
    case = min(server.cases(held), key=lambda case: case.lane == "care")
    path = f"/review/cases/{case.id}"
    for step in ("claim", "reveal"):
        assert volunteer.post(f"{path}/{step}", form={}).status == 302
    page = volunteer.get(path).text
    assert f'&lt;b&gt;<mark title="Attack on somebody">{HELD}</mark>&lt;/b&gt;' in page
    assert "It can be wrong." in page


def is_searched(server: Server, message_id: int) -> bool:
    """Whether words are being looked for; a machine that is slow holds the message before it is screened."""
    with server.db.read() as connection:
        rationale = connection.execute(select(Screening.rationale).where(Screening.message_id == message_id)).scalar_one_or_none()
    return bool(server.cases(message_id)) and rationale == []


def test_messages_go_first(fresh_server: StartServer) -> None:
    """While words are looked for in a text that takes the classifier seconds, a message is delivered; then the words are there."""
    server = fresh_server().start()
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        held = one.send(circle, f"{HELD} and a {SLOW}")["id"]
        eventually(lambda: is_searched(server, held), "for the search to begin")
        passed = one.send(circle, "good evening")["id"]
        two.wait_for_message(passed)
        assert screening(server, held).rationale == []
    (found,) = eventually(lambda: screening(server, held).rationale, "for the words behind the flag")
    assert (found["start"], found["end"]) == (0, len(HELD))
    assert server.invariants().holds
