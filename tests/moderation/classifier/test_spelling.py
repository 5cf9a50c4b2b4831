"""What the network reads when a word is typed another way."""

import time
from collections import Counter

import pytest

from moderation.classifier.lexicon import LEXICON_FILE
from moderation.classifier.loading import SHIPPED_WEIGHTS
from moderation.classifier.spelling import Spelling, read_spelling, readable
from moderation.taxonomy import Label
from moderation.training.rows import read_own
from moderation.training.split import Part, split


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    """The shipped words and the dictionaries."""
    return read_spelling(SHIPPED_WEIGHTS / LEXICON_FILE)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Ich MÖCHTE schlafen", "ich möchte schlafen"),
        ("ich moechte nicht mehr, grosse muedigkeit", "ich möchte nicht mehr große müdigkeit"),
        ("I dont, she doesnt, don\u2019t", "i don't she doesn't don't"),
        ("you are w0rthl355", "you are worthless"),
        ("du bist ein 4r5ch", "du bist ein arsch"),
        ("i am tireeed", "i am tired"),
        ("what the f*ck you b*tch", "what the fuck you bitch"),
        ("du n*tte, ar***loch", "du nutte arschloch"),
        ("fu_ck_ing st.upid id-iot", "fucking stupid idiot"),
        ("y\u0336o\u0336u\u0336 are wórthléss", "you are worthless"),
        ("i want to sleeep becuase everythign hurts", "i want to sleep because everything hurts"),
        ("ich bin shcon wieder alleine", "ich bin schon wieder alleine"),
        ("svv druck, skills helfen", "svv druck skills helfen"),
        ("heute um 19.30 uhr, 100 leute", "heute um 19.30 uhr 100 leute"),
        ("ich bin so mude, fur mich ist das uber", "ich bin so müde für mich ist das über"),
        ("im sure hes ok, youre not", "i'm sure he's ok you're not"),
        ("my 14th and 50's party", "my 14th and 50's party"),
        ("No. I dont want that!!! Really... do you?", "no i don't want that really do you?"),
        (":( hm, :)", ":( hm :)"),
        ("<pad> hi </s>", "< pad> hi < /s>"),
    ],
)
def test_other_spellings_become_the_word_that_was_meant(spelling: Spelling, typed: str, read: str) -> None:
    """And numbers, words of the field and faces stay."""
    assert readable(typed, spelling) == read


@pytest.mark.parametrize(
    "typed",
    [
        "i can t do this",
        "heute 19 h",
        "maike und anke",
        "anke emre mika",
        "the niger delta",
        "türken raus",
        "du pute",
        "incel",
        "whre",
        "he was paki bashed",
        "ich bin dieb und feind sprache",
        "für den hort",
        "im haus im hort über uns",
        "she's ill the shed was theirs its paw",
    ],
)
def test_what_may_be_a_word_or_a_name_stays(spelling: Spelling, typed: str) -> None:
    """A harmless word must not become an insult, nor an insult a harmless word."""
    assert readable(typed, spelling) == typed


def test_a_mask_that_fits_no_masked_word_stays(spelling: Spelling) -> None:
    """The most frequent word that fits is rarely the one that was hidden."""
    assert readable("q*rk and sl***ng", spelling) == "q*rk and sl***ng"


def test_the_language_of_the_message_decides(spelling: Spelling) -> None:
    """The same slip is another word in another language, and in none without one."""
    assert spelling.mend("ich weiß es shcon lange").split()[3] == "schon"
    assert spelling.mend("shcon") == "shcon"


def test_few_clean_lines_are_changed(spelling: Spelling) -> None:
    """Held-out lines, most of them well spelt or in dialect, are read as typed but for case, stops and apostrophes that were left out."""
    changed: Counter[str] = Counter()
    rows = split(read_own())[Part.TEST]
    for row in rows:
        plain = readable(row.text.lower(), None)
        changed[row.lang] += spelling.mend(plain).replace("'", "") != plain.replace("'", "")
    for lang in ("en", "de"):
        assert changed[lang] < 0.06 * sum(row.lang == lang for row in rows)


def test_hurtful_lines_are_changed_as_rarely_as_others(spelling: Spelling) -> None:
    """A respelling that hid insults would show here."""
    shares = []
    for hurtful in (True, False):
        texts = [readable(row.text.lower(), None) for row in split(read_own())[Part.TEST] if bool(row.labels[Label.HARASSMENT]) is hurtful]
        shares.append(sum(spelling.mend(text) != text for text in texts) / len(texts))
    assert shares[0] < 2 * shares[1]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"q{chr(97 + n % 26)}{chr(97 + n // 26)}" * 8 for n in range(500)),
        "a*b*c " * 3000,
        "!" * 40_000 + "x",
        ".,!" * 20_000 + "x",
        "ab" * 20_000,
        "a.b" * 20_000,
    ],
)
def test_no_text_takes_long(spelling: Spelling, text: str) -> None:
    """The work is bounded, whatever the text is full of: quadratic work would take minutes."""
    start = time.process_time()
    readable(text, spelling)
    assert time.process_time() - start < 20


def test_without_a_list_of_words_only_disguises_are_undone() -> None:
    """Weights from elsewhere know their own words."""
    assert readable("Moechte  k\u200bommen", None) == "Moechte kommen"
