"""The loop that owns a classifier: claim, classify, decide, settle, tell. It knows its database only as a `ScreeningStore`.

When no message waits, it looks for the words on which the scores of flagged messages rest.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from moderation.classifier.base import Classifier
from moderation.pipeline import Candidate, Screened, screen
from moderation.taxonomy import Label
from moderation.why import Raised, Score, find_why

CHARACTERS_AT_ONCE = 20_000  # well under a second with the shipped weights

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A waiting message and the fencing token of its circle's claim."""

    message_id: int
    circle_id: int
    token: int
    rules_version: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Flagged:
    """A message that a volunteer has to look at, and the labels that made it so."""

    message_id: int
    number: int  # of the screening that flagged it
    text: str
    labels: tuple[Label, ...]


class ScreeningStore(Protocol):
    """Where messages wait and results go. Any method may raise `StoreBusy`; then nothing was written."""

    def claim(self) -> Sequence[Claimed]:
        """Take what waits; empty when nothing does."""

    def settle(self, results: Sequence[tuple[Claimed, Screened]]) -> None:
        """Write the results of one claim, all or none."""

    def take_flagged(self) -> Flagged | None:
        """Take the next flagged message whose words were not looked for. Each is given out once, so that none can fail for ever."""

    def keep_why(self, flagged: Flagged, raised: Sequence[Raised]) -> None:
        """Write which words were found."""

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
            worked = screen_once(classifier, store) or explain_once(classifier, store)
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


def explain_once(classifier: Classifier, store: ScreeningStore) -> bool:
    """Find the words behind one flag, while messages go first; answers whether there was one. Nothing that fails here is tried again."""
    flagged = store.take_flagged()
    if flagged is None:
        return False
    try:
        raised = find_why(flagged.text, flagged.labels, _giving_way(classifier, store))
    except Exception as error:  # noqa: BLE001 - whatever a runtime raises, delivery goes on; its own message may quote what it was given
        log.warning("the words behind a flag were not found: %s", type(error).__name__)
    else:
        store.keep_why(flagged, raised)
    return True


def _giving_way(classifier: Classifier, store: ScreeningStore) -> Score:
    """The classifier's score for work that can wait: before each single text, the messages that have arrived."""

    def score(texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        scores: list[Mapping[Label, float]] = []
        for text in texts:
            with suppress(StoreBusy):
                store.beat()
                screen_once(classifier, store)
            scores += classifier.score([text])
        return scores

    return score


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
