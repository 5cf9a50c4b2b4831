"""Signing out, bans, new roles and leaving a circle: the sockets know at once, and nothing reaches them afterwards."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from models import MessageState, Role
from support_app.limits import rate_limiter
from support_app.services import accounts, circles, messages
from tests.live.client import LiveClient, Refused
from tests.live.people import Person
from tests.live.server import Server, now
from tests.live.weights import HELD

End = Callable[[Server, Person], object]


def ban(server: Server, person: Person) -> object:
    """An admin closes the account."""
    return server.person(role=Role.ADMIN).post(f"/admin/people/{person.id}/ban", form={"reason": "wrote to people outside the circle"})


def set_role(server: Server, person: Person) -> object:
    """An admin changes what the person may do."""
    return server.person(role=Role.ADMIN).post(f"/admin/people/{person.id}/role", form={"role": "volunteer"})


def end_everywhere(_server: Server, person: Person) -> object:
    """The person signs out everywhere."""
    return person.post("/me/end-sessions", form={})


def end_elsewhere(server: Server, person: Person) -> object:
    """Another process ends the sessions; this server only finds it in the database."""
    with server.db.write() as connection:
        accounts.end_sessions(connection, user_id=person.id, now=now())
    return None


@pytest.mark.parametrize("end", [ban, set_role, end_everywhere, end_elsewhere])
def test_ended_sessions_close_every_socket(server: Server, end: End) -> None:
    """All sockets of the person are told and disconnected, others see them go, no later message arrives, and they cannot come back."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    with robin.connect(circle) as first, server.sign_in(robin.id).connect(circle) as second, willow.connect(circle) as two:
        two.wait_for("presence", lambda data: len(data["present"]) == 2)
        end(server, robin)
        for client in (first, second):
            client.wait_until_closed()
            assert client.named("session.ended")[0]["code"] in {"not_signed_in", "banned"}
        two.wait(lambda: [person["id"] for person in two.named("presence")[-1]["present"]] == [willow.id])
        assert two.wait_for_message(two.send(circle, "is it quiet now")["id"])
        for client in (first, second):
            assert_nothing_more(client, "quiet")
        with pytest.raises(Refused):
            robin.connect()
        assert robin.get(f"/api/circles/{circle}/events").status in {401, 403}


def test_signing_out_of_one_browser_leaves_the_other(server: Server) -> None:
    """Only the socket of the browser that signed out ends; the other one goes on receiving and writing."""
    circle = server.circle()
    robin, willow = server.person(circle), server.person(circle)
    other = server.sign_in(robin.id)
    with robin.connect(circle) as leaving, other.connect(circle) as staying, willow.connect(circle) as two:
        assert robin.post("/logout", form={}).status == 302
        leaving.wait_until_closed()
        assert leaving.named("session.ended")[0]["code"] == "not_signed_in"
        sent = two.send(circle, "who is still here")["id"]
        assert staying.wait_for_message(sent)["seq"] == 1
        assert two.wait_for_message(staying.send(circle, "i am")["id"])["author"]["id"] == robin.id
        assert_nothing_more(leaving, "still here")
        assert staying.named("session.ended") == []


def test_leaving_quickly_ends_the_socket(server: Server) -> None:
    """The quick exit ends the session and its sockets, and asks the browser to forget everything."""
    circle = server.circle()
    robin = server.person(circle)
    with robin.connect(circle) as one:
        answer = robin.post("/exit", form={})
        assert answer.headers["Clear-Site-Data"]
        one.wait_until_closed()
        with pytest.raises(Refused):
            robin.connect()


def test_leaving_a_circle_closes_its_room(server: Server) -> None:
    """The socket stays, the room does not: no message, no typing, no presence of that circle; other circles go on."""
    circle, other = server.circle(), server.circle()
    robin, willow = server.person(circle, other), server.person(circle, other)
    with robin.connect(circle, other) as one, willow.connect(circle, other) as two:
        two.wait_for("presence", lambda data: data["circle"] == circle and len(data["present"]) == 2)
        assert robin.post(f"/circles/{circle}/leave", form={}).status == 302
        two.wait(lambda: [data["present"] for data in two.named("presence") if data["circle"] == circle][-1] == [{"id": willow.id, "name": willow.name}])
        before = len(one.catch_frames())
        two.wait_for_message(two.send(circle, "is it quiet now")["id"])
        two.emit("typing", {"circle": circle})
        assert one.wait_for_message(two.send(other, "and how is it here")["id"])
        assert not any("quiet" in frame or "typing" in frame for frame in one.catch_frames()[before:])
        assert one.emit("circle.enter", {"circle": circle})["error"]["code"] == "not_found"
        assert one.send(circle, "may i come back")["error"]["code"] == "not_found"


def test_nothing_said_after_somebody_left_reaches_them(server: Server) -> None:
    """Also when leaving and the next message are passed on in one go, nothing said after leaving arrives."""
    circle = server.circle()
    willow = server.person(circle)
    with willow.connect(circle) as two:
        for number in range(5):
            robin = server.person(circle)
            with robin.connect(circle) as one:
                server.web.suspend()
                try:
                    _leave_and_let_others_talk(server, circle, robin, willow, f"secret {number}")
                finally:
                    server.web.resume()
                two.wait(lambda number=number: any(data["text"] == f"secret {number}" for data in two.named("message.new")))
                assert not any("secret" in frame for frame in one.catch_frames())


def test_a_new_volunteer_hears_of_cases_and_a_former_one_does_not(server: Server) -> None:
    """The role of the session counts: after a change the old socket is closed, and the new session has the new role's room."""
    circle = server.circle()
    robin, helper = server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, helper.connect() as before:
        one.wait_for_state(one.send(circle, f"a {HELD} first")["id"], "held")
        before.wait_for("case.changed")
        admin = server.person(role=Role.ADMIN)
        assert admin.post(f"/admin/people/{helper.id}/role", form={"role": "member"}).status == 302
        before.wait_until_closed()
        with server.sign_in(helper.id).connect() as after, server.person(role=Role.VOLUNTEER).connect() as other:
            one.wait_for_state(one.send(circle, f"a {HELD} second")["id"], "held")
            other.wait_for("case.changed")
            after.catch_frames()
            assert after.named("case.changed") == []
            assert len(before.named("case.changed")) == 1


def assert_nothing_more(client: LiveClient, text: str) -> None:
    """Whatever still stood on the connection, this text was not in it."""
    client.closed = False  # the server has ended the session; look whether its transport carried anything more
    assert not any(text in frame for frame in client.read_what_comes(0.2))


def _leave_and_let_others_talk(server: Server, circle: int, robin: Person, willow: Person, text: str) -> None:
    """Both in the database while the server stands still, in this order."""
    robins, willows = (accounts.open_session(server.db, user_id=person.id, now=now(), days=1).actor for person in (robin, willow))
    circles.leave(server.db, robins, circle, now=now())
    submission = messages.Submission(circle, str(uuid4()), text)
    sent = messages.submit(server.db, willows, submission, limiter=rate_limiter("9/second"), now=now())
    server.wait_for_state(sent.id, MessageState.DELIVERED)
