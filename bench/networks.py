"""Yardsticks of the classifier: the same network and a BERT-base-sized one in fp32 torch. Weights are random: only their size counts."""

from collections.abc import Callable, Sequence

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertForSequenceClassification

from bench.messages import tokenizer
from moderation.classifier.spelling import readable
from moderation.taxonomy import Label

AT_ONCE = 16  # sorted by length: what suits torch best

Score = Callable[[Sequence[str]], object]


def same_size(threads: int) -> Score:
    """The shipped network's size: 8 layers of 384."""
    vocabulary = tokenizer().get_vocab_size()
    return _scorer(BertConfig(vocab_size=vocabulary, hidden_size=384, num_hidden_layers=8, num_attention_heads=12, intermediate_size=1536), threads)


def bert_base(threads: int) -> Score:
    """What Detoxify and its like use: 12 layers of 768."""
    return _scorer(BertConfig(vocab_size=tokenizer().get_vocab_size()), threads)


def _scorer(config: BertConfig, threads: int) -> Score:
    torch.set_num_threads(threads)
    config.num_labels = len(Label)
    reader, model = tokenizer(), BertForSequenceClassification(config).eval()

    def score(texts: Sequence[str]) -> object:
        ids = sorted((torch.tensor(reader.encode(readable(text, None)).ids) for text in texts), key=len)
        with torch.inference_mode():
            return [_pass(model, ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]

    return score


def _pass(model: BertForSequenceClassification, ids: list[torch.Tensor]) -> torch.Tensor:
    padded = pad_sequence(ids, batch_first=True)
    mask = pad_sequence([torch.ones_like(row) for row in ids], batch_first=True)
    return model(input_ids=padded, attention_mask=mask).logits.sigmoid()
