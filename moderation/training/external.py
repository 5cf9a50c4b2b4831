"""Public research sets as extra training text: read from a folder the operator names, never shipped with the project."""

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.taxonomy import Label
from moderation.training.rows import Row


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A set whose licence allows this use, with what the model card must say about it."""

    source: str
    licence: str
    use: str
    weight: float = 1.0
    most: int = 100_000  # at most so many lines are drawn
    supportive: bool = False  # one person caring about another; the rest is tweets, forums (with insults that count as harmless) and abuse of machines


PUBLIC_SETS = {
    "convabuse": PublicSet("github.com/amandacurry/convabuse", "CC BY 4.0", "abuse in chat"),
    "diasafety": PublicSet("github.com/thu-coai/DiaSafety", "Apache-2.0", "offending a user"),
    "goemotions": PublicSet(
        "github.com/google-research/google-research/tree/master/goemotions",
        "Apache-2.0",
        "emotional but harmless text",
        most=15_000,
    ),
    "counsel_chat": PublicSet("github.com/nbertagnolli/counsel-chat", "MIT", "counselling questions and answers", supportive=True),
    "gahd": PublicSet("github.com/jagol/gahd", "CC BY 4.0", "adversarial German hate", weight=0.5, most=9500),
    "germeval2018": PublicSet(
        "github.com/uds-lsv/GermEval-2018-Data",
        "CC BY 4.0",
        "offence in German tweets",
        weight=0.5,
        most=5000,
    ),
}
LONGEST = 320  # characters: a long answer teaches no more than its beginning and costs ten times the time

# Where a set does not speak of crisis, 0 is only believed when none of these stems occurs.
_ALARMING = re.compile(
    r"suic|kill|\bdie\b|dying|dead|death|\bend it|end my|hurt(ing)? myself|self.?harm|cutting|\bcut my"
    r"|overdos|hang(ing)? my|not (want to |wanna )?(live|exist|be here)|wake up|worthless|no point"
    r"|suizid|selbstm|umbring|sterb|gestorben|\btot\b|\btod|toete|töte|ritz|leben nehmen|nicht mehr leben"
    r"|nicht mehr aufwachen|verletz",
    re.IGNORECASE,
)


def read_external(folder: Path, seed: int) -> list[Row]:
    """Read the known sets found in the folder (`NAME.jsonl.gz`), each capped, in a seeded order."""
    rows: list[Row] = []
    for name, public_set in PUBLIC_SETS.items():
        file = folder / f"{name}.jsonl.gz"
        if not file.exists():
            continue
        found = list(_read_file(file, name, public_set))
        random.Random(f"{seed}/{name}").shuffle(found)
        rows.extend(found[: public_set.most])
    return rows


def labels_of(raw: Mapping[str, Any]) -> dict[Label, int | None]:
    """Translate what a set says into our five labels; None where it is silent or in doubt."""
    weak = raw.get("weak") or {}
    harassment = raw.get("harassment")
    harassment = weak.get("harassment") if harassment is None else harassment
    alarming = _ALARMING.search(str(raw["text"])) is not None
    quiet = None if alarming else 0
    return {
        Label.HARASSMENT: harassment,
        Label.GOADING: quiet,
        Label.CRISIS: quiet,
        Label.IMMINENT: quiet,
        Label.CONCERN: quiet,
    }


def _read_file(file: Path, name: str, public_set: PublicSet) -> Iterator[Row]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            labels = labels_of(raw)
            if public_set.supportive:  # whoever asks for counsel speaks of themselves, and an answer that speaks of dying urges nobody to
                labels |= {Label.HARASSMENT: labels[Label.HARASSMENT] or 0, Label.GOADING: 0}
            if all(value is None for value in labels.values()):
                continue
            text = " ".join(str(raw["text"]).split())[:LONGEST]
            yield Row(text, raw["lang"], labels, f"{name}:{text}", name, public_set.weight)
