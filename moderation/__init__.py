"""Screening of messages: pure Python that knows no web framework and no database."""
