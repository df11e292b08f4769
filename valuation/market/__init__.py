"""Listings and processors beside each other: ranks and price targets."""
