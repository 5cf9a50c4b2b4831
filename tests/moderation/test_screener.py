"""The loop works in portions, so that a long backlog neither outlasts its claim nor looks like a loop that hangs."""

from collections.abc import Sequence

from moderation.classifier.base import ScriptedClassifier, harmless
from moderation.findings import Candidate, Screened
from moderation.rules import Rules
from moderation.screener import CHARACTERS_AT_ONCE, Claimed, screen_once


class Recorded:
    """A store that hands out some texts once and writes down what it is told."""

    def __init__(self, *texts: str) -> None:
        self.waiting = [Claimed(number, 1, 1, 1, Candidate(text, Rules(max_length=4000))) for number, text in enumerate(texts)]
        self.told: list[list[int] | str] = []

    def claim(self) -> Sequence[Claimed]:
        """Everything at once."""
        claimed, self.waiting = self.waiting, []
        return claimed

    def settle(self, results: Sequence[tuple[Claimed, Screened]]) -> None:
        """The numbers of one portion."""
        self.told.append([claimed.message_id for claimed, _ in results])

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
