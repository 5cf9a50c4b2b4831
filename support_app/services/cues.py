"""Understands, roughly, what a learner's own words do: by phrases that stand in the content files, not by any model."""

import re
import unicodedata
from collections.abc import Iterable

from support_app.services.curriculum import Cue


def find_cue(words: str, cues: Iterable[Cue]) -> Cue | None:
    """The first cue, in the order of the file, one of whose phrases the words hold; None when they hold none."""
    plain = _plain(words)
    return next((cue for cue in cues if (not cue.question or "?" in plain) and any(_holds(plain, phrase) for phrase in cue.phrases)), None)


def _holds(plain: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(phrase))}", plain) is not None


def _plain(words: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", words).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
