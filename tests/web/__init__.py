"""Tests of pages and JSON, through the door that browsers use: cookies, tokens and all."""
