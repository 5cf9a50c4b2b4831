"""Volunteers at work over HTTP, several at once, while the circle is connected."""

from collections.abc import Callable
from threading import Barrier, Thread

from models import MessageState, Role
from models.case import CaseOutcome
from tests.live.people import Answer, Person
from tests.live.server import Server
from tests.live.weights import HELD


def test_two_volunteers_race_for_a_case(server: Server) -> None:
    """Of two claims at the same moment exactly one wins, the other is told that somebody else has it; again and again."""
    circle = server.circle()
    robin = server.person(circle)
    volunteers = [server.person(role=Role.VOLUNTEER) for _ in range(2)]
    with robin.connect(circle) as one:
        for number in range(6):
            sent = one.send(circle, f"a {HELD} number {number}")["id"]
            one.wait_for_state(sent, "held")
            (case,) = server.cases(sent)
            answers = at_once([lambda person=person, case=case: person.post(f"/review/cases/{case.id}/claim", form={}) for person in volunteers])
            assert sorted(answer.status for answer in answers) == [302, 409]
            winner, loser = volunteers if answers[0].status == 302 else volunteers[::-1]
            assert next(answer for answer in answers if answer.status == 409).error == "claimed"
            assert server.cases(sent)[0].owner_id == winner.id
            assert loser.post(f"/review/cases/{case.id}/reveal", form={}).error == "lease_lost"
            shown = {row["id"]: row["mine"] for row in winner.get("/api/cases").json["cases"]}
            assert shown[case.id] is True


def test_a_release_delivers_at_the_next_place_with_both_times(server: Server) -> None:
    """Released by its claimer after reading it: the circle gets it at the next number, with when it was sent and when it was released."""
    circle = server.circle()
    robin, willow, volunteer = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle) as two, volunteer.connect() as third:
        held = one.send(circle, f"the {HELD} of the rose")["id"]
        before = one.wait_for_state(held, "held")
        passed = one.send(circle, "good evening")["id"]
        assert two.wait_for_message(passed)["seq"] == 1
        case = third.wait_for("case.changed")["id"]
        claim(server, volunteer, held)
        reading = one.wait_for("message.state", lambda data: data["id"] == held and data["version"] > before["version"])
        assert reading["notice"]["title"] != before["notice"]["title"]
        assert release(server, volunteer, held).status == 302
        shown = [client.wait_for_message(held) for client in (one, two)]
        assert shown[0] == shown[1]
        assert (shown[0]["seq"], shown[0]["event"], shown[0]["text"]) == (2, 2, f"the {HELD} of the rose")
        assert shown[0]["sent_at"] < two.wait_for_message(passed)["sent_at"] < shown[0]["released_at"]
        assert one.wait_for_state(held, "delivered")["seq"] == 2
        third.wait_for("case.changed", lambda data: data["id"] == case and data["state"] == "closed")
        assert not any("rose" in frame for frame in third.catch_frames())
    assert [row.outcome for row in server.cases(held)] == [CaseOutcome.RELEASED]
    assert server.invariants().holds


def test_a_stale_decision_is_refused(server: Server) -> None:
    """A decision about an older version of a case, one without having read it, and a second one are conflicts and change nothing."""
    circle = server.circle()
    robin, volunteer, other = server.person(circle), server.person(role=Role.VOLUNTEER), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one:
        held = one.send(circle, f"the {HELD} of the rose")["id"]
        one.wait_for_state(held, "held")
        (case,) = server.cases(held)
        path = f"/review/cases/{case.id}"
        assert volunteer.post(f"{path}/claim", form={}).status == 302
        version = server.cases(held)[0].version
        assert volunteer.post(f"{path}/release", form={"version": version}).error == "conflict"  # not read yet
        assert volunteer.post(f"{path}/reveal", form={}).status == 302
        stale = volunteer.post(f"{path}/release", form={"version": case.version})
        assert (stale.status, stale.error) == (409, "conflict")
        assert other.post(f"{path}/release", form={"version": version}).error == "lease_lost"
        assert other.post(f"{path}/claim", form={}).error == "claimed"
        assert robin.post(f"{path}/claim", form={}).error == "forbidden"
        assert volunteer.post(f"{path}/release", form={"version": "1; drop"}).error == "invalid"
        assert server.message(held).state is MessageState.HELD
        answers = at_once([lambda: release(server, volunteer, held, version=version)] * 3)
        assert sorted(answer.status for answer in answers) == [302, 409, 409]
        one.wait_for_message(held)
        one.catch_frames()
        assert len(one.named("message.new")) == 1
        assert other.post(f"{path}/claim", form={}).error == "conflict"
    assert server.invariants().holds


def test_a_release_and_a_withdrawal_at_once(server: Server) -> None:
    """The author takes a held message back in the moment a volunteer releases it: one of the two happens, and everybody's state agrees."""
    circle = server.circle()
    robin, willow, volunteer = server.person(circle), server.person(circle), server.person(role=Role.VOLUNTEER)
    with robin.connect(circle) as one, willow.connect(circle) as two:
        for number in range(5):
            held = one.send(circle, f"{HELD} number {number}")["id"]
            one.wait_for_state(held, "held")
            claim(server, volunteer, held)
            version = server.message(held).version
            at_once(
                [lambda held=held: release(server, volunteer, held), lambda held=held, v=version: robin.post(f"/api/messages/{held}/withdraw", {"version": v})]
            )
            state = server.message(held).state
            assert state in {MessageState.DELIVERED, MessageState.WITHDRAWN}
            one.wait_for_state(held, state.value)
            if state is MessageState.DELIVERED:
                two.wait_for_message(held)
            assert all(case.closed_at is not None for case in server.cases(held))
    assert server.invariants().holds


def test_a_volunteer_does_not_decide_in_their_own_circle(server: Server) -> None:
    """Somebody who sits in the circle may not take its case."""
    circle = server.circle()
    robin, volunteer = server.person(circle), server.person(circle, role=Role.VOLUNTEER)
    with robin.connect(circle) as one:
        held = one.send(circle, f"the {HELD} of the rose")["id"]
        one.wait_for_state(held, "held")
        (case,) = server.cases(held)
        answer = volunteer.post(f"/review/cases/{case.id}/claim", form={})
        assert (answer.status, answer.error) == (403, "conflict_of_interest")


def claim(server: Server, volunteer: Person, message_id: int) -> None:
    """Take the message's case and read it."""
    (case,) = server.cases(message_id)
    for step in ("claim", "reveal"):
        assert volunteer.post(f"/review/cases/{case.id}/{step}", form={}).status == 302


def release(server: Server, volunteer: Person, message_id: int, *, version: int | None = None) -> Answer:
    """Show the message to the circle."""
    (case,) = server.cases(message_id)
    return volunteer.post(f"/review/cases/{case.id}/release", form={"version": version or case.version})


def at_once(calls: list[Callable[[], Answer]]) -> list[Answer]:
    """Make the calls from threads that start together; their answers in the order of the calls."""
    barrier, answers = Barrier(len(calls)), {}

    def run(number: int) -> None:
        barrier.wait()
        answers[number] = calls[number]()

    threads = [Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[number] for number in range(len(calls))]
