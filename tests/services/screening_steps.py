"""What tests about screening do: settle a claim, take the classifier away and bring it back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from models import Message
from moderation.classifier.base import ClassifierError, ScriptedClassifier
from moderation.pipeline import screen
from moderation.taxonomy import Label
from support_app.services import screening
from tests.factories import World, scripted


class Silent:
    """A classifier that gives nothing usable."""

    name, revision = "silent", "1"

    def score(self, texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        raise ClassifierError


def settle(world: World, claimed, classifier=None) -> set[int]:
    """Classify what was claimed and write it, as a screener does after a pause."""
    classifier = classifier or world.classifier
    results = list(zip(claimed, screen([item.candidate for item in claimed], classifier), strict=True))
    return screening.settle_screened(world.db, results, classifier=classifier.name, revision=classifier.revision, now=world.now)


def be_silent(world: World) -> None:
    world.classifier = Silent()


def be_back(world: World) -> None:
    world.classifier = ScriptedClassifier(scripted)


def delivered_ids(world: World, circle_id: int | None = None) -> list[int]:
    """Messages of a circle in the order of their places."""
    query = select(Message.id).where(Message.circle_id == (circle_id or world.circle_id), Message.seq.is_not(None)).order_by(Message.seq)
    with world.db.read() as connection:
        return list(connection.execute(query).scalars())
