"""What listings tell the apps above them. Django's own signals tell of single saves only."""

from __future__ import annotations

from django.dispatch import Signal

# After a bulk write, in its transaction: `ids`, the listings that were written.
listings_written = Signal()
# Before the answer to a write is made, in its transaction: `ids`, the listings whose figures it shows.
figures_wanted = Signal()
