"""Screening of messages: pure Python that knows no web framework and no database."""

import os

# Read by onnxruntime when it is imported: without it, it reports its use to its maker, and nothing may leave this machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
