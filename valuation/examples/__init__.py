"""Tests that travel with a ruleset: frozen facts, what is expected of them, and running that."""
