"""What happens to rules that apps above this one act on."""

from __future__ import annotations

from django.dispatch import Signal

# `ruleset`, a baseline, is to count from now on, and no other: inside the caller's `recording`. What goes along with
# that (overrides, what people chose for single listings) is known to the app of the baselines.
baseline_chosen = Signal()
