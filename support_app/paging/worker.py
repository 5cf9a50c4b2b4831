"""The worker process: takes attempts from the queue and sends them. The web process supervises one; `flask worker` runs more."""

import logging
import os
import select
import sys
import threading

from flask import Flask
from huey.consumer import Consumer

from support_app.paging.queue import page_queue

THREADS = 8  # a slow mail server must not keep the other channels waiting
LONGEST_PAUSE_SECONDS = 1.0
BEAT_SECONDS = 0.5


def work_forever(app: Flask, *, supervised: bool) -> None:
    """Send what the queue brings until told to end, or until the supervisor is gone."""
    logging.getLogger("huey").setLevel(logging.ERROR)
    consumer = page_queue(app).huey.create_consumer(
        workers=THREADS, periodic=False, initial_delay=0.1, max_delay=LONGEST_PAUSE_SECONDS, worker_type="thread", shutdown_timeout=BEAT_SECONDS
    )
    if supervised:
        threading.Thread(target=_beat, args=(consumer,), daemon=True).start()
    consumer.run()


def _beat(consumer: Consumer) -> None:
    """Signs of life for the supervisor, and no life after it: Ctrl-C goes to it, and it ends this process."""
    os.write(sys.stdout.fileno(), b"r")
    while not select.select([sys.stdin], [], [], BEAT_SECONDS)[0] or os.read(sys.stdin.fileno(), 4096):
        os.write(sys.stdout.fileno(), b".")
    consumer.stop_flag.set()
