"""Tests of the operator's commands, as they are typed."""
