"""More words for the tokenizer: the base encoder's vocabulary is English, so that a German word falls into many pieces.

Frequent words of the training lines become entries of their own. A new entry starts as the mean of the pieces it
replaces, so that the network reads it as before and learns from there.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer

from moderation.classifier.lexicon import words_of
from moderation.text import normalise

SHORTEST = 3  # letters; shorter ones are entries already, or typing errors
LONG = 6  # letters; shorter entries of the base encoder are words of many languages


def frequent_words(tokenizer: Tokenizer, texts: Iterable[str], *, at_least: int) -> list[str]:
    """Return the words that occur so often and that the tokenizer cuts into pieces, most frequent first."""
    counted: Counter[str] = Counter()
    for text in texts:
        plain = tokenizer.normalizer.normalize_str(normalise(text))
        counted.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(plain))
    known = tokenizer.get_vocab()
    frequent = [(-count, word) for word, count in counted.items() if count >= at_least and len(word) >= SHORTEST and word.isalpha() and word not in known]
    return [word for _, word in sorted(frequent)]


def lexicon(tokenizer: Tokenizer, texts: Iterable[str], *, at_least: int) -> list[str]:
    """Return every word of the lines that tells their languages: those that occur so often, and long ones with an entry of their own."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(set(words_of(tokenizer.normalizer.normalize_str(normalise(text)))))
    entries = (word for word in tokenizer.get_vocab() if len(word) >= LONG and word.isalpha())
    return sorted({word for word, count in counted.items() if count >= at_least}.union(entries))


def with_words(tokenizer: Tokenizer, words: Sequence[str]) -> Tokenizer:
    """Return a copy of a WordPiece tokenizer that knows these words too, numbered after all it knew."""
    state = json.loads(tokenizer.to_str())
    vocabulary = state["model"]["vocab"]
    vocabulary |= {word: len(vocabulary) + index for index, word in enumerate(words)}
    return Tokenizer.from_str(json.dumps(state))


def pieces_of(tokenizer: Tokenizer, words: Sequence[str]) -> list[list[int]]:
    """Return the token ids each word is cut into, without the marks for beginning and end."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(words), add_special_tokens=False)]
