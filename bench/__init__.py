"""Measures a running installation beside two yardsticks; `python -m bench`."""
