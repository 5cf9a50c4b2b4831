"""The loop works in portions, so that a long backlog neither outlasts its claim nor looks like a loop that hangs."""

import logging
from collections.abc import Mapping, Sequence

import pytest

from moderation.classifier.base import ScriptedClassifier, harmless
from moderation.findings import Candidate, Screened
from moderation.rules import Rules
from moderation.screener import CHARACTERS_AT_ONCE, Claimed, Flagged, StoreBusy, explain_once, run, screen_once
from moderation.taxonomy import Label
from moderation.why import Raised


class Recorded:
    """A store that hands out some texts once and writes down what it is told."""

    def __init__(self, *texts: str, flagged: Sequence[str] = ()) -> None:
        self.waiting = [Claimed(number, 1, 1, 1, Candidate(text, Rules(max_length=4000))) for number, text in enumerate(texts)]
        self.flagged = [Flagged(number, 1, text, (Label.HARASSMENT,)) for number, text in enumerate(flagged)]
        self.told: list[list[int] | str] = []
        self.kept: dict[int, list[tuple[int, int]]] = {}

    def claim(self) -> Sequence[Claimed]:
        """Everything at once."""
        claimed, self.waiting = self.waiting, []
        return claimed

    def settle(self, results: Sequence[tuple[Claimed, Screened]]) -> None:
        """The numbers of one portion."""
        self.told.append([claimed.message_id for claimed, _ in results])

    def take_flagged(self) -> Flagged | None:
        """One at a time, each once."""
        return self.flagged.pop(0) if self.flagged else None

    def keep_why(self, flagged: Flagged, raised: Sequence[Raised]) -> None:
        """Where the words are."""
        self.told.append(f"why {flagged.message_id}")
        self.kept[flagged.message_id] = [(item.start, item.end) for item in raised]

    def beat(self) -> None:
        """A sign of life."""
        self.told.append("beat")


def screened(store: Recorded) -> list[list[int] | str]:
    """What the store was told in one turn."""
    assert screen_once(ScriptedClassifier(lambda _: harmless()), store)
    return store.told


def test_short_messages_are_settled_together() -> None:
    """Many short messages cost one transaction."""
    assert screened(Recorded(*["good evening"] * 96)) == [list(range(96)), "beat"]


def test_a_backlog_of_long_messages_is_settled_in_portions() -> None:
    """In order, each once, with a sign of life after each portion, whatever the lengths."""
    long = CHARACTERS_AT_ONCE // 4
    told = screened(Recorded(*["a" * long] * 10, "b" * (CHARACTERS_AT_ONCE + 1), "c"))
    assert told == [[0, 1, 2, 3], "beat", [4, 5, 6, 7], "beat", [8, 9], "beat", [10], "beat", [11], "beat"]


def test_nothing_waiting_is_no_work() -> None:
    """An empty claim settles nothing."""
    store = Recorded()
    assert not screen_once(ScriptedClassifier(lambda _: harmless()), store)
    assert store.told == []


def thorn(text: str) -> Mapping[Label, float]:
    """One word raises a score; another one breaks the classifier when it stands without its neighbour."""
    if "riddle" in text and "answer" not in text:
        message = f"cannot read {text}"
        raise ValueError(message)
    return harmless(harassment=0.9 * ("thorn" in text))


def run_through(store: Recorded, script=thorn) -> list[list[int] | str]:
    """Run until nothing is left to do."""
    run(ScriptedClassifier(script), store, wait=lambda: False)
    return [what for what in store.told if what != "beat"]


def test_words_are_looked_for_when_no_message_waits() -> None:
    """Messages first, then one flag after the other."""
    store = Recorded("good evening", flagged=["a thorn", "no thorn, no"])
    assert run_through(store) == [[0], "why 0", "why 1"]
    assert store.kept == {0: [(2, 7)], 1: [(3, 8)]}


def test_a_message_that_arrives_meanwhile_goes_first() -> None:
    """Before the next single text of the search, not after all of it; the search then goes on, with a sign of life before each."""
    store = Recorded(flagged=["a thorn and so on"])
    asked: list[str] = []

    def script(text: str) -> Mapping[Label, float]:
        asked.append(text)
        if len(asked) == 3:
            store.waiting.append(Claimed(7, 1, 1, 1, Candidate("good evening", Rules())))
        return thorn(text)

    assert run_through(store, script) == [[7], "why 0"]
    assert asked.index("good evening") == 3
    assert len(asked) > 6
    assert store.told.count("beat") > len(asked)
    assert store.kept == {0: [(2, 7)]}


def test_a_search_that_fails_is_logged_by_its_kind_only(caplog: pytest.LogCaptureFixture) -> None:
    """And is done with; the next flag and the next message are not touched by it."""
    store = Recorded("good evening", flagged=["riddle with answer", "a thorn"])
    with caplog.at_level(logging.DEBUG):
        assert run_through(store) == [[0], "why 1"]
    assert "ValueError" in caplog.text
    assert "riddle" not in caplog.text


def test_a_busy_database_meanwhile_does_not_end_the_search() -> None:
    """The messages are asked for again before the next portion."""
    store = Recorded(flagged=["a thorn"])

    def claim() -> Sequence[Claimed]:
        raise StoreBusy

    store.claim = claim
    assert explain_once(ScriptedClassifier(thorn), store)
    assert store.kept == {0: [(2, 7)]}
