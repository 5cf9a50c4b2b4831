"""Training data: bad lines are refused by place, groups are never split, noise and metrics do what they say."""

import gzip
import json
import random
from pathlib import Path

import pytest

from moderation.taxonomy import Label
from moderation.training.external import PUBLIC_SETS, labels_of, read_external
from moderation.training.metrics import auc, measure, threshold_at
from moderation.training.noise import noised
from moderation.training.rows import LANGUAGES, BadRowError, Row, read_own
from moderation.training.split import Part, part_of, sample, split
from moderation.training.train import read_lines

GOOD = '{"text": "hello", "lang": "en", "harassment": 0, "goading": 0, "crisis": null, "imminent": 0, "concern": 0, "cat": "chat"}'


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (GOOD.replace('"hello"', '"  "'), "text is missing or blank"),
        (GOOD.replace('"en"', '"xx"'), "lang must be one of en, de"),
        (GOOD.replace('"goading": 0, ', ""), "label goading is missing"),
        (GOOD.replace('"goading": 0', '"goading": 2'), "label goading must be 0, 1 or null"),
        (GOOD.replace('"goading": 0', '"goading": true'), "label goading must be 0, 1 or null"),
        (GOOD.replace(', "cat": "chat"', ""), "cat or circle is missing"),
    ],
)
def test_a_bad_row_is_refused_by_file_and_line(tmp_path: Path, bad: str, reason: str) -> None:
    """The message says where and why, and never repeats the text."""
    (tmp_path / "lines.jsonl").write_text(f"{GOOD}\n\n{bad}\n")
    with pytest.raises(BadRowError) as refused:
        read_own(tmp_path)
    assert str(refused.value) == f"lines.jsonl:3: {reason}"


def test_a_good_row_keeps_the_unknown_unknown(tmp_path: Path) -> None:
    """Null is not zero."""
    (tmp_path / "lines.jsonl").write_text(GOOD + "\n")
    (row,) = read_own(tmp_path)
    assert row.labels[Label.CRISIS] is None
    assert row.labels[Label.GOADING] == 0


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """Training on nothing is a mistake."""
    with pytest.raises(BadRowError):
        read_own(tmp_path)


def test_own_data_is_split_by_group() -> None:
    """No group and no text stands on both sides, and every label is held out in every language."""
    parts = split(read_own())
    groups = {part: {row.group for row in rows} for part, rows in parts.items()}
    texts = {part: {row.text.casefold() for row in rows} for part, rows in parts.items()}
    assert not groups[Part.TRAIN] & (groups[Part.DEV] | groups[Part.TEST])
    assert not groups[Part.DEV] & groups[Part.TEST]
    assert not texts[Part.TRAIN] & (texts[Part.DEV] | texts[Part.TEST])
    for part in (Part.DEV, Part.TEST):
        for lang in LANGUAGES:
            for label in Label:
                assert any(row.labels[label] for row in parts[part] if row.lang == lang)


def test_a_supplement_is_only_trained_on() -> None:
    """Lines written to mend a weakness must not measure it."""
    row = Row("text", "en", {}, "own_supplement:any", "own_supplement")
    assert part_of(row) is Part.TRAIN


def test_lines_of_strangers_are_only_measured_on() -> None:
    """They share no writer with what is trained on, in either language, and no text."""
    parts = split(read_own())
    strangers = parts[Part.STRANGERS]
    assert {row.lang for row in strangers} == set(LANGUAGES)
    assert not {row.source for row in strangers} & {row.source for part in (Part.TRAIN, Part.DEV, Part.TEST) for row in parts[part]}
    assert not {row.text.casefold() for row in strangers} & {row.text.casefold() for row in parts[Part.TRAIN]}


def test_every_seed_gets_the_same_vocabulary(tmp_path: Path) -> None:
    """Another draw from the public sets must not keep runs from being averaged."""
    data, external = tmp_path / "data", tmp_path / "external"
    data.mkdir()
    external.mkdir()
    (data / "lines.jsonl").write_text("".join(GOOD.replace("hello", f"hello {n}").replace("chat", f"chat {n}") + "\n" for n in range(40)))
    rows = [json.dumps({"text": f"cup {n}", "lang": "en", "harassment": 0}) for n in range(PUBLIC_SETS["germeval2018"].most + 50)]
    (external / "germeval2018.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    seven, eight = (read_lines(data, external, seed) for seed in (7, 8))
    assert {row.text for row in seven.extra} != {row.text for row in eight.extra}
    assert seven.texts == eight.texts


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    """So that figures over shares show what more lines bring, and not other lines."""
    rows = split(read_own())[Part.TRAIN]
    quarter, half = ({id(row) for row in sample(rows, share)} for share in (0.25, 0.5))
    assert quarter < half
    assert 0.2 * len(rows) < len(quarter) < 0.3 * len(rows)
    assert not {row.group for row in sample(rows, 0.5)} & {row.group for row in rows if id(row) not in half}
    assert len(sample(rows, 1.0)) == len(rows)


def test_who_asks_for_counsel_is_not_abusive(tmp_path: Path) -> None:
    """Such a set does not say so, and what it does not say is unknown elsewhere."""
    for name in ("counsel_chat", "goemotions"):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": "what can I do", "lang": "en", "harassment": None}).encode()))
    assert {row.source: row.labels[Label.HARASSMENT] for row in read_external(tmp_path, 1)} == {"counsel_chat": 0, "goemotions": None}


def test_implications_of_the_guide_hold() -> None:
    """Imminent implies crisis."""
    assert not [r.group for r in read_own() if r.labels[Label.IMMINENT] and not r.labels[Label.CRISIS]]


def test_silence_about_crisis_is_zero_only_without_alarming_words() -> None:
    """Otherwise the label is unknown and not trained."""
    assert labels_of({"text": "what a day", "harassment": 1})[Label.CRISIS] == 0
    assert labels_of({"text": "I could have died laughing about death", "harassment": 0})[Label.CRISIS] is None
    assert labels_of({"text": "what a day", "weak": {"harassment": 0}})[Label.HARASSMENT] == 0


def test_noise_is_small_and_repeatable() -> None:
    """The same dice give the same text, and it stays readable."""
    text = "Ich bin heute wirklich müde, aber es geht."
    first = [noised(text, random.Random(7)) for _ in range(3)]
    assert len(set(first)) == 1
    for seed in range(50):
        changed = noised(text, random.Random(seed))
        assert abs(len(changed) - len(text)) <= 8
    assert noised("x", random.Random(1))


def test_metrics_of_known_scores() -> None:
    """Checked by hand."""
    assert auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1]) == 1.0
    assert auc([0.5, 0.5], [0, 1]) == 0.5
    assert auc([0.1, 0.9, 0.5], [0, 0, 1]) == 0.5
    assert auc([0.1], [1]) is None
    assert threshold_at([i / 100 for i in range(100)], [0] * 100, 0.05) == pytest.approx(0.94, abs=1e-5)


def test_measuring_leaves_unknown_labels_out() -> None:
    """A row that does not know a label does not count for it."""
    known = Row("a", "en", dict.fromkeys(Label, 1), "g", "s")
    unknown = Row("b", "en", dict.fromkeys(Label), "g", "s")
    measured = measure([known, unknown], [dict.fromkeys(Label, 0.5)] * 2)
    assert measured["en"]["crisis"].lines == 1
    assert measured["de"]["crisis"].lines == 0
