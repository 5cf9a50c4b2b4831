"""The demo mix: English and German chat messages of 8 to 40 tokens, in equal parts, from the project's own lines."""

import itertools
import random
from collections.abc import Iterator

from tokenizers import Tokenizer

from moderation.classifier.loading import SHIPPED_WEIGHTS
from moderation.classifier.onnx import TOKENIZER_FILE
from moderation.text import normalise
from moderation.training.rows import LANGUAGES, Row, read_own

TOKENS = range(8, 41)
PER_LANGUAGE = 256
# One in fifty of a soak's messages: nothing visible, no words, another alphabet, half a character, very long.
ODD = ("", "\u200b\u200b", "🤍", "😂" * 200, "ዛሬ በጣም መጥፎ ስሜት ይሰማኛል", "\ud800", "a" * 4000, "so " * 1300)


def tokenizer() -> Tokenizer:
    """The shipped one, cutting and padding nothing."""
    found = Tokenizer.from_file(str(SHIPPED_WEIGHTS / TOKENIZER_FILE))
    found.no_truncation()
    found.no_padding()
    return found


def demo_mix() -> list[str]:
    """Return the same messages every time, languages and lengths mixed."""
    reader, dice = tokenizer(), random.Random(1)
    rows = [row for row in read_own() if len(reader.encode(normalise(row.text)).ids) in TOKENS]
    texts = [text for lang in LANGUAGES for text in _sample(rows, lang, dice)]
    dice.shuffle(texts)
    return texts


def endless() -> Iterator[str]:
    """Yield messages that never repeat, odd ones among them."""
    mix = demo_mix()
    for number in itertools.count():
        yield ODD[number // 50 % len(ODD)] if number % 50 == 0 else f"{mix[number % len(mix)]} ({number})"


def _sample(rows: list[Row], lang: str, dice: random.Random) -> list[str]:
    return dice.sample([row.text for row in rows if row.lang == lang], PER_LANGUAGE)
