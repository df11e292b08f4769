"""What the catalog tells the apps above it, beside Django's own signals."""

from __future__ import annotations

from django.dispatch import Signal

# Before the definition of a custom field is saved, whoever saves it: `field`, and `stored`, what it is until now (None:
# it is new). Whatever leans on the definition raises ValidationError, with the name of the column, to refuse it.
definition_changing = Signal()
