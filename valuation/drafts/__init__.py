"""Drafts: a copy of a ruleset that counts nowhere, compared with its original, and published in its place at once."""
