"""The words a flag rests on: found by leaving words out, named where they stand in the text as typed, and true of the shipped weights."""

import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from moderation.classifier.base import ClassifierError, ScriptedClassifier, harmless
from moderation.classifier.loading import load_classifier
from moderation.findings import Candidate
from moderation.pipeline import screen
from moderation.rules import Rules
from moderation.taxonomy import Label
from moderation.why import MOST_WORDS, Raised, find_why, words_of

CALM = "we had tea in the garden and talked about the weather for a while "


def by_words(**worth: tuple[Label, float]) -> Callable[[str], Mapping[Label, float]]:
    """A script: each of these words adds so much to its label."""

    def script(text: str) -> Mapping[Label, float]:
        scores = harmless()
        for word, (label, score) in worth.items():
            scores[label] = min(1.0, scores[label] + score * (word in text.casefold()))
        return scores

    return script


THORN = by_words(thorn=(Label.HARASSMENT, 0.9))


def marked(text: str, script: Callable[[str], Mapping[Label, float]], *labels: Label) -> list[str]:
    """The stretches that are found."""
    return [text[item.start : item.end] for item in find_why(text, labels or (Label.HARASSMENT,), ScriptedClassifier(script).score)]


def test_the_word_that_carries_the_flag() -> None:
    """Where it stands, for which label, and by how much the score falls without it."""
    text = "you are a thorn, really"
    assert find_why(text, [Label.HARASSMENT], ScriptedClassifier(THORN).score) == [Raised(Label.HARASSMENT, 10, 15, 0.9)]


@pytest.mark.parametrize(
    "text",
    [
        "thorn",
        "\U0001f327\ufe0f\U0001f468\u200d\U0001f469\u200d\U0001f467 a Thorn!",
        "<b>thorn</b>",
        "line\none \u201ethorn\u201c",
        "a " * 300 + "thorn " + "b " * 300,
    ],
    ids=["alone", "after emoji", "markup", "quoted", "in a long message"],
)
def test_offsets_are_code_points_of_the_text_as_typed(text: str) -> None:
    """Whatever stands before it, and without the signs around it."""
    assert [found.casefold() for found in marked(text, THORN)] == ["thorn"]


def test_words_that_only_matter_together_are_all_found() -> None:
    """One of them alone changes little while the other is there."""
    script = lambda text: harmless(harassment=0.9 if "thorn" in text else 0.8 if "nettle" in text else 0.1)  # noqa: E731
    assert marked("a thorn and also a nettle", script) == ["thorn", "nettle"]


def test_each_word_belongs_to_the_label_it_raises_most() -> None:
    """And only labels that raised the flag are asked about."""
    script = by_words(thorn=(Label.HARASSMENT, 0.8), heavy=(Label.CRISIS, 0.8), far=(Label.CONCERN, 0.9))
    found = find_why("thorn so heavy and far", [Label.HARASSMENT, Label.CRISIS], ScriptedClassifier(script).score)
    assert [(item.label, item.start) for item in found] == [(Label.HARASSMENT, 0), (Label.CRISIS, 9)]


def test_neighbours_become_one_stretch() -> None:
    """With the weights of both."""
    script = by_words(sharp=(Label.HARASSMENT, 0.4), thorn=(Label.HARASSMENT, 0.5))
    (found,) = find_why("a sharp  thorn here", [Label.HARASSMENT], ScriptedClassifier(script).score)
    assert (found.start, found.end, round(found.weight, 5)) == (2, 14, 0.9)


def test_a_word_spelt_letter_by_letter_is_one_word() -> None:
    """Leaving out one letter of a disguise would prove nothing."""
    assert marked("you t h o r n you", lambda text: harmless(harassment=0.9 * ("t h o r n" in text))) == ["t h o r n"]


def test_never_too_many_words() -> None:
    """However many raise the score."""
    script = lambda text: harmless(harassment=min(1.0, text.count("thorn") / 12))  # noqa: E731
    assert len(marked(", ".join(["thorn"] * 12), script)) == MOST_WORDS


@pytest.mark.parametrize("text", ["", "...", "\u2026 <>", "every word the same"])
def test_nothing_is_named_when_leaving_out_changes_nothing(text: str) -> None:
    """A reason that is none would mislead."""
    assert marked(text, lambda _: harmless(harassment=0.9)) == []


def test_nothing_is_named_when_only_a_passage_rests_on_it() -> None:
    """The message is what was flagged: words that lower the score of a part of it, but not its own, are no reason."""
    script = lambda text: harmless(harassment=0.9 if len(text) > 200 else 0.9 * ("thorn" in text))  # noqa: E731
    assert marked("a thorn here", script) == ["thorn"]
    assert marked(CALM * 5 + "a thorn here", script) == []


def test_two_passages_of_a_long_message() -> None:
    """What stands twice, far apart, is found in both places, though leaving out one changes nothing for a reader of the worst passage."""
    text = CALM * 3 + "thorn " + CALM * 3 + "nettle " + CALM * 2
    assert marked(text, lambda text: harmless(harassment=0.9 * ("thorn" in text or "nettle" in text))) == ["thorn", "nettle"]


@pytest.mark.parametrize(("words", "most"), [(1, 42), (24, 42), (350, 155), (2000, 292)])
def test_the_work_is_bounded(words: int, most: int) -> None:
    """By the number of classifications, and in long messages nearly all of them are of short passages."""
    asked: list[str] = []

    def score(texts: Sequence[str]) -> Sequence[Mapping[Label, float]]:
        asked.extend(texts)
        return [harmless(harassment=min(1.0, len(text) / 8000 + ("a7" in text) * 0.5)) for text in texts]

    text = " ".join(f"a{number % 10}" for number in range(words))
    find_why(text, [Label.HARASSMENT], score)
    assert len(asked) <= most
    assert len([item for item in asked if len(item) > 100]) <= (2 if words > 24 else 0)


def test_what_the_classifier_raises_comes_through() -> None:
    """Also when only a variant is unusable."""
    with pytest.raises(ClassifierError):
        marked("a thorn here", lambda text: harmless(harassment=0.9 if "thorn" in text else float("nan")))


FLAGGED = """
I want to die and I do not know how to tell my family
honestly I just want to fall asleep tonight and never wake up again
I have been cutting my arms again since the weekend
everyone would be better off if I was finally gone
some nights I think about suicide for hours
I have the pills here next to me and I am going to take them tonight
I wrote my goodbye letters, tonight is the night, please forgive me
nobody would miss you, do us all a favour and disappear for good
just kill yourself already, the world does not need you
go on then, jump, nobody here is going to stop you
you are a pathetic worthless liar and everybody in this group hates you
shut up you stupid cow, nobody asked for your opinion
people like you make me sick, you disgusting freak
what a whiny little idiot you are, get out of here
you are the most useless piece of trash I have ever met
my friend told me that she wants to kill herself and I am scared for her
I am worried about my brother, he says he does not want to live any more
my daughter has stopped eating and talks about dying all the time
I cannot go on like this, death would be such a relief
I hope my heart simply stops beating in my sleep
ich will sterben und weiß nicht, wie ich es meiner Familie sagen soll
ich möchte heute Abend einschlafen und nie wieder aufwachen
seit dem Wochenende ritze ich mir wieder die Arme auf
für alle wäre es besser, wenn es mich nicht mehr gäbe
manche Nächte denke ich stundenlang an Selbstmord
ich habe die Tabletten hier neben mir liegen und nehme sie heute Nacht
die Abschiedsbriefe sind geschrieben, heute Nacht ist es so weit, verzeiht mir
dich würde keiner vermissen, tu uns allen einen gefallen und verschwinde
bring dich doch endlich um, die Welt braucht dich nicht
na los, spring doch, hier hält dich keiner auf
du bist eine erbärmliche Lügnerin und alle in dieser Gruppe hassen dich
halt die Fresse du dumme Kuh, dich hat keiner gefragt
Leute wie du kotzen mich an, du widerlicher Freak
was bist du nur für ein weinerlicher Idiot, hau ab
du bist der nutzloseste Abschaum, der mir je begegnet ist
meine Freundin hat mir gesagt, dass sie sich umbringen will, und ich habe Angst um sie
ich mache mir Sorgen um meinen Bruder, er sagt, er will nicht mehr leben
meine Tochter isst nichts mehr und redet ständig vom Sterben
ich kann so nicht weitermachen, der Tod wäre eine Erlösung
ich hoffe, mein Herz bleibt einfach im Schlaf stehen
""".strip().splitlines()


def test_the_shipped_weights_really_rest_on_the_words() -> None:
    """Without them the scores fall, and further than without as many other words; in English, in German, and inside a long message."""
    classifier = load_classifier("onnx", None)
    chance = random.Random(7)
    told = []
    for text in [*FLAGGED, *(f"{CALM * 4}. {line}. {CALM * 3}" for line in FLAGGED[::8])]:
        (screened,) = screen([Candidate(text, Rules())], classifier)
        labels = [reason.label for reason in screened.decision.reasons if reason.label]
        if not labels:
            continue
        raised = find_why(text, labels, classifier.score)
        named = [word for word in words_of(text) if any(item.start <= word[0] and word[1] <= item.end for item in raised)]
        others = [word for word in words_of(text) if word not in named]
        variants = [without(text, named), *(without(text, chance.sample(others, min(len(named), len(others)))) for _ in range(5))]
        fallen, *by_chance = [sum(scores[label] for label in labels) for scores in classifier.score(variants)]
        first = sum(screened.scores[label] for label in labels)
        told.append(bool(raised) and fallen < first and fallen < sum(by_chance) / len(by_chance))
    assert len(told) >= 0.8 * len(FLAGGED)
    assert sum(told) >= 0.95 * len(told)


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these stretches left out."""
    return "".join(character for index, character in enumerate(text) if not any(start <= index < end for start, end in spans))
