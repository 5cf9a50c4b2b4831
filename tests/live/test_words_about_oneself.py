"""With the shipped weights: harsh words about oneself and abuse that one received and quotes are never judged as an attack, by whatever way they are sent."""

from uuid import uuid4

import pytest

from models import MessageState
from moderation.taxonomy import Lane
from tests.live.server import Server
from tests.live.waiting import eventually

ABOUT_ONESELF = (
    "I hate myself, I am such a worthless idiot",
    "I am so stupid and disgusting, nobody could ever love me",
    "Ich bin so ein dummer Versager, ich hasse mich",
)
QUOTED = ("My father told me again that I am a useless idiot.", 'He wrote to me: "you are worthless and everybody hates you". I cried all night.')
ATTACK = "you are a worthless idiot and everybody here hates you"


def judged(server: Server, message: int) -> tuple[MessageState, set[Lane]]:
    """What became of a message, and in which lanes it has ever had a case."""
    eventually(lambda: server.message(message).state is not MessageState.PENDING, "for a judgement")
    return server.message(message).state, {case.lane for case in server.cases(message)}


@pytest.mark.parametrize("text", [*ABOUT_ONESELF, *QUOTED])
def test_it_is_heard_and_not_judged(shipped: Server, text: str) -> None:
    """Sent, edited into a delivered message, and edited into one that was held as an attack: delivered, at most with care."""
    circle = shipped.circle()
    robin = shipped.person(circle)
    with robin.connect(circle) as one:
        plain, attack, sent = (one.send(circle, words)["id"] for words in ("good evening everyone", ATTACK, text))
        assert judged(shipped, attack)[0] is MessageState.HELD
        assert judged(shipped, plain)[0] is MessageState.DELIVERED
        tried = [sent]
        for before in (plain, attack):
            body = {"client_id": str(uuid4()), "text": text, "version": shipped.message(before).version}
            tried.append(robin.post(f"/api/messages/{before}/edit", body).json["message"]["id"])
        for message in tried:
            state, lanes = judged(shipped, message)
            assert (state, lanes - {Lane.CARE}) == (MessageState.DELIVERED, set())
        assert not any(
            word in frame for frame in one.catch_frames() if '"message.state"' in frame and f'"id":{sent},' in frame for word in ("attack", "Be kind")
        )
