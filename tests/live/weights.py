"""Weights that judge by single words: a tiny network in the format of the shipped one, so that the product is tested as it is.

Every other word scores nothing. The network really runs in the screener: it can be slow, answer NaN or answer in another shape.
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from moderation.classifier.manifest import sha256_of
from moderation.classifier.onnx import MODEL_FILE, TOKENIZER_FILE
from moderation.rules import Rules
from moderation.taxonomy import Label

HELD = "thorn"
NUDGED = "pebble"
IN_CRISIS = "heavy"
SLOW = "snail"
NOT_A_NUMBER = "riddle"
MISSHAPEN = "crooked"

LABELS = list(Label)
HALF_RUDE = (Rules().nudge_harassment + Rules().hold_harassment) / 2
SCORES = {HELD: {Label.HARASSMENT: 0.95}, NUDGED: {Label.HARASSMENT: HALF_RUDE}, IN_CRISIS: {Label.CRISIS: 0.8}, NOT_A_NUMBER: {Label.HARASSMENT: float("nan")}}
WORDS = ["[UNK]", HELD, NUDGED, IN_CRISIS, SLOW, NOT_A_NUMBER, MISSHAPEN]
SLOW_TURNS = 3000  # most of a second in the classifier
SIDE = 256


def word_weights(folder: Path, *, revision: str = "words-0001", always: str | None = None) -> Path:
    """Write the folder; `always` treats every text as if it held that word."""
    folder.mkdir(parents=True, exist_ok=True)
    save(_network(always), folder / MODEL_FILE)
    tokenizer = Tokenizer(WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.save(str(folder / TOKENIZER_FILE))
    files = {name: sha256_of(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    manifest = {"name": "words", "revision": revision, "labels": LABELS, "max_tokens": 512, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _network(always: str | None) -> object:
    scores = np.zeros((len(WORDS), len(LABELS)), dtype=np.float32)
    turns, cuts = np.zeros(len(WORDS), dtype=np.int64), np.zeros(len(WORDS), dtype=np.int64)
    for word, given in SCORES.items():
        for label, score in given.items():
            scores[WORDS.index(word), LABELS.index(label)] = score
    turns[WORDS.index(SLOW)], cuts[WORDS.index(MISSHAPEN)] = SLOW_TURNS, 1
    if always is not None:
        scores[:], turns[:], cuts[:] = (table[WORDS.index(always)] for table in (scores, turns, cuts))
    constants = {
        "scores_of": scores,
        "turns_of": turns,
        "cuts_of": cuts,
        "zero": np.array([0], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
        "width": np.array([len(LABELS)], dtype=np.int64),
        "going": np.array(True),
        "square": np.zeros((SIDE, SIDE), dtype=np.float32),
    }
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"]) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, "width"])]
    graph = helper.make_graph(_nodes(), "words", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _nodes() -> list[object]:
    """Scores are the sum over the words, which a single NaN spoils; the sum of turns is how long it takes."""
    node = helper.make_node
    return [
        node("Gather", ["scores_of", "input_ids"], ["each"]),
        node("ReduceSum", ["each", "one"], ["all"], keepdims=0),
        node("Gather", ["turns_of", "input_ids"], ["turns_each"]),
        node("ReduceMax", ["turns_each"], ["turns"], keepdims=0),
        node("Loop", ["turns", "going", "square"], ["worked"], body=_work()),
        node("ReduceMax", ["worked"], ["nothing"], keepdims=0),  # zero; the result must depend on the work
        node("Add", ["all", "nothing"], ["slowly"]),
        node("Gather", ["cuts_of", "input_ids"], ["cuts_each"]),
        node("ReduceMax", ["cuts_each"], ["cuts"], keepdims=0),
        node("Sub", ["width", "cuts"], ["end"]),
        node("Slice", ["slowly", "zero", "end", "one"], ["scores"]),
    ]


def _work() -> object:
    square = [SIDE, SIDE]
    inputs = [
        helper.make_tensor_value_info("turn", TensorProto.INT64, []),
        helper.make_tensor_value_info("on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("before", TensorProto.FLOAT, square),
    ]
    outputs = [helper.make_tensor_value_info("still_on", TensorProto.BOOL, []), helper.make_tensor_value_info("after", TensorProto.FLOAT, square)]
    nodes = [helper.make_node("MatMul", ["before", "square"], ["after"]), helper.make_node("Identity", ["on"], ["still_on"])]
    return helper.make_graph(nodes, "work", inputs, outputs)
