"""The part of the base encoder's vocabulary that two languages need, and the words that tell these languages from others.

The base encoder reads a hundred languages with 250,000 pieces of words. Kept are the pieces that training lines are
made of, and after them the most frequent ones in the letters of English and German, for words no training line holds.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from moderation.classifier.lexicon import words_of
from moderation.text import normalise

PAD, BEGIN, END, UNKNOWN = "<pad>", "<s>", "</s>", "<unk>"
SPECIAL = (PAD, BEGIN, END, UNKNOWN)  # in this order from 0: the network takes 0 for padding
SPACE = "\u2581"  # SentencePiece's sign for the space before a word
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzäöüß")

Piece = tuple[str, float]


def tokenizer_of(pieces: Sequence[Piece]) -> Tokenizer:
    """Return a tokenizer of these pieces, the special ones first, which reads everything in lower case."""
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=SPECIAL.index(UNKNOWN), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    marks = [(mark, SPECIAL.index(mark)) for mark in (BEGIN, END)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A {END}", special_tokens=marks)
    return tokenizer


def chosen_pieces(pieces: tuple[Piece, ...], texts: Iterable[str], *, most: int) -> list[int]:
    """Return the indices to keep, the special ones first: those that the texts are cut into, then the most frequent ones of the two languages' letters."""
    places, whole = _whole(pieces)
    special = [places[piece] for piece in SPECIAL]
    encodings = whole.encode_batch([normalise(text) for text in texts], add_special_tokens=False)
    kept = {places[piece] for piece in {piece for encoding in encodings for piece in encoding.tokens} if piece in places}
    kept.update(index for index, (piece, _) in enumerate(pieces) if len(piece) == 1 and _is_picture(piece))
    for index, (piece, _) in enumerate(pieces):  # the most frequent come first
        if len(kept) + len(special) >= most:
            break
        if LETTERS.issuperset(piece.removeprefix(SPACE)):
            kept.add(index)
    return [*special, *sorted(kept.difference(special))]


@cache
def _whole(pieces: tuple[Piece, ...]) -> tuple[dict[str, int], Tokenizer]:
    """Return where each piece stands, and the tokenizer of all of them."""
    places = {piece: index for index, (piece, _) in enumerate(pieces)}
    return places, tokenizer_of([*(pieces[places[piece]] for piece in SPECIAL), *(item for item in pieces if item[0] not in SPECIAL)])


def _is_picture(piece: str) -> bool:
    return unicodedata.category(piece) == "So"


def lexicon(texts: Iterable[str], *, at_least: int = 3) -> list[str]:
    """Return the words of the lines that occur so often that few of them are typing errors, most frequent first."""
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(words_of(normalise(text)))
    return [word for word, count in counted.most_common() if count >= at_least]
