"""The loop that owns a classifier: claim, classify, decide, settle, tell. It knows its database only as a `ScreeningStore`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from moderation.classifier.base import Classifier
from moderation.pipeline import Candidate, Screened, screen

CHARACTERS_AT_ONCE = 20_000  # well under a second with the shipped weights


@dataclass(frozen=True, slots=True)
class Claimed:
    """A waiting message and the fencing token of its circle's claim."""

    message_id: int
    circle_id: int
    token: int
    rules_version: int
    candidate: Candidate


class ScreeningStore(Protocol):
    """Where messages wait and results go. Any method may raise `StoreBusy`; then nothing was written."""

    def claim(self) -> Sequence[Claimed]:
        """Take what waits; empty when nothing does."""

    def settle(self, results: Sequence[tuple[Claimed, Screened]]) -> None:
        """Write the results of one claim, all or none."""

    def beat(self) -> None:
        """Say that the loop is alive; called at least once per turn, cheap when called often."""


class StoreBusy(Exception):  # noqa: N818 (not a fault: the loop tries again)
    """The database did not answer in time."""


def run(classifier: Classifier, store: ScreeningStore, *, wait: Callable[[], bool]) -> None:
    """Screen until `wait` answers False, which it does when the process should end.

    `wait` returns when there may be something to do: on a wake-up, or after a while, since wake-ups can be lost.
    """
    while True:
        try:
            store.beat()
            worked = screen_once(classifier, store)
        except StoreBusy:
            worked = False
        if not worked and not wait():
            return


def screen_once(classifier: Classifier, store: ScreeningStore) -> bool:
    """One turn; answers whether there was anything to do."""
    claimed = store.claim()
    for portion in _portions(claimed):
        store.settle(list(zip(portion, screen([item.candidate for item in portion], classifier), strict=True)))
        store.beat()
    return bool(claimed)


def _portions(claimed: Sequence[Claimed]) -> Iterator[Sequence[Claimed]]:
    """Cut where it gets long: a backlog of long messages must not outlast the claim, nor look like a loop that hangs."""
    first, characters = 0, 0
    for index, item in enumerate(claimed):
        characters += len(item.candidate.text)
        if characters > CHARACTERS_AT_ONCE and index > first:
            yield claimed[first:index]
            first, characters = index, len(item.candidate.text)
    if claimed:
        yield claimed[first:]
