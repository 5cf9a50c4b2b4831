"""A helpline that an administrator adds may be written in the circle at once: the screener, a process of its own, goes on running."""

from models import MessageState, Role
from support_app.access import Actor
from support_app.services import accounts, helpline_upkeep
from support_app.services.helpline_entry import Entry
from tests.live.server import Server, now

OWN = Entry("ES", "La línea", "0900 123 4567", "", "", True, "", "Español", "https://www.lalinea.org")
ABOUT_IT = "call 0900 123 4567"


def administrator(server: Server) -> Actor:
    person = server.person(role=Role.ADMIN)
    return accounts.open_session(server.db, user_id=person.id, now=now(), days=1).actor


def test_added_and_retired_while_the_screener_runs(server: Server) -> None:
    """Held before, delivered while it is shown, held afterwards; by the same process."""
    circle, admin, screener = server.circle(), administrator(server), server.screener
    robin = server.person(circle)
    with robin.connect(circle) as one:

        def says(text: str, state: MessageState) -> None:
            one.wait_for_state(one.send(circle, text)["id"], state.value)

        says(ABOUT_IT, MessageState.HELD)
        helpline_id = helpline_upkeep.add(server.db, admin, entry=OWN, now=now())
        says(f"{ABOUT_IT} or 116 123", MessageState.DELIVERED)
        helpline_upkeep.retire(server.db, admin, helpline_id, version=1, now=now())
        says(f"{ABOUT_IT} again", MessageState.HELD)
    assert server.screener.pid == screener.pid
