"""What rooms above want to know of, and the recalculation must not know them."""

from __future__ import annotations

from django.dispatch import Signal

inputs_moved = Signal()
"""`ids`, sorted: listings that were valued a moment ago, because they are new or have changed since they last were.

Sent for each page, with the figures stored; not for those that only the rules have moved. Receivers raise nothing.
"""

everything_valued = Signal()
"""A run over every listing is done and committed. What a receiver raises is logged, and harms nobody."""
