"""A language that the weights were not taught is not read: its scores would mean nothing."""

import pytest

from moderation.classifier.lexicon import covers
from moderation.classifier.loading import load_classifier


class Four:
    """Four words, all of them usual."""

    def knows(self, word: str) -> bool:
        """Return whether it is one of them."""
        return word in {"the", "tea", "is", "ready"}

    is_usual = knows


@pytest.mark.parametrize("text", ["", "❤️", "42", "Ahoi", "tea Swantje Hinnerk", "The tea is ready", "the tea is sooo redy", "Jan Ole"])
def test_known_words_names_and_nothing_pass(text: str) -> None:
    """A name, a greeting or some typing errors are no other language."""
    assert covers(text, Four())


@pytest.mark.parametrize("text", ["el té ya está listo", "chcę umrzeć", "the herbata jest gotowa"])
def test_mostly_unknown_words_do_not(text: str) -> None:
    """Four words or more by their share, two or three when none is known."""
    assert not covers(text, Four())


OTHERS = [
    "quiero morir, ya no puedo más con esta vida y nadie me ayuda",
    "je ne veux plus vivre, personne ne me comprend et tout le monde serait mieux sans moi",
    "artık yaşamak istemiyorum, kimse beni anlamıyor",  # noqa: RUF001 - Turkish
    "jesteś głupi i nikt cię tu nie chce",
    "vete a la mierda",
    "eres una puta de mierda",
    "va te faire foutre",
    "je vais te tuer salope",
    "vai tomar no cu",
    "te voi omori",
    "filho da puta",
    "я не хочу больше жить, меня никто не понимает",
]
OURS = [
    "i want to die and nobody would notice",
    "Ich mag nicht mehr leben, es ist alles zu viel",
    "grüß euch, i bin a do",
    "hey Swantje!",
    "lol same",
    "servas beinand",
    "🙏🙏",
    "ok",
]


@pytest.mark.parametrize("text", OTHERS)
def test_the_shipped_weights_know_what_they_cannot_read(text: str) -> None:
    """Other languages, in our letters or others."""
    assert not load_classifier("onnx", None).reads(text)


@pytest.mark.parametrize("text", OURS)
def test_the_shipped_weights_read_english_and_german(text: str) -> None:
    """Slang, dialect and small talk included."""
    assert load_classifier("onnx", None).reads(text)
