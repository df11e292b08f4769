"""Who changed which rule when, and from what to what."""
