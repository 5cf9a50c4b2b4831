"""Yardstick: what tutorials show, a BERT-base-sized classifier called in the Socket.IO handler. The weights are random: only their size counts."""

import os
import sys
from pathlib import Path
from typing import Any

import torch
from flask import Flask
from flask_socketio import SocketIO, emit, join_room
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification

TOKENIZER = Path(sys.argv[1])
PORT = int(os.environ["PORT"])

app = Flask(__name__)
socketio = SocketIO(app, async_mode="threading", cors_allowed_origins="*")
tokenizer = Tokenizer.from_file(str(TOKENIZER))
model = BertForSequenceClassification(BertConfig(num_labels=5)).eval()


@app.get("/health")
def health() -> dict[str, str]:
    """It is loaded."""
    return {"status": "ok"}


@socketio.on("circle.enter")
def enter(data: dict[str, Any]) -> dict[str, Any]:
    """Join a room."""
    join_room(str(data["circle"]))
    return {"ok": True}


@socketio.on("message.send")
def send(data: dict[str, Any]) -> dict[str, Any]:
    """Classify a message and pass it on."""
    with torch.inference_mode():
        scores = model(torch.tensor([tokenizer.encode(data["text"]).ids])).logits.sigmoid()[0]
    emit("message.new", data | {"scores": scores.tolist()}, to=str(data["circle"]))
    return {"ok": True}


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=PORT, allow_unsafe_werkzeug=True)
