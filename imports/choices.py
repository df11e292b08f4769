"""The closed lists of imports."""

from __future__ import annotations

from django.db import models


class SessionState(models.TextChoices):
    READING = "reading", "Reading the file"
    OPEN = "open", "Has questions"
    READY = "ready", "Ready to go in"
    COMMITTING = "committing", "Going in"
    COMMITTED = "committed", "In"
    UNDOING = "undoing", "Being taken back"
    UNDONE = "undone", "Taken back"
    FAILED = "failed", "Cannot be read"


class RowOutcome(models.TextChoices):
    NEW = "new", "New"
    CHANGED = "changed", "Changed"
    UNCHANGED = "unchanged", "Unchanged"
    CONFLICT = "conflict", "The number of another machine"
    LEFT_OUT = "left_out", "Left out"
    REFUSED = "refused", "Refused"


class ConflictChoice(models.TextChoices):
    """What becomes of a row whose number a listing of another machine has."""

    KEEP = "keep", "Keep the listing, leave the row out"
    REPLACE = "replace", "Replace the listing by what the row says"
    BOTH = "both", "Keep both: the row is an offer of its own source"


class MarksOf(models.TextChoices):
    """What a list of marks is of."""

    CPU = "cpu", "Processors"
    GPU = "gpu", "Graphics cards"


class ImportTaskState(models.TextChoices):
    """How far an import is that was started as a task."""

    RUNNING = "running", "Running"
    WAITING = "waiting", "Waits for answers"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
