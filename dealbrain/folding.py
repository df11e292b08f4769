"""One way to compare texts without case, in Python and in both databases; and how names are kept.

PostgreSQL folds by its locale, SQLite folds ASCII alone, Python a letter at a time or two for one. So none of theirs is
used as it is: `fold` says what is equal, and `Folded` has each database say the same. Most texts are of ASCII alone, on
which all of them agree: those take the database's own, cheap way.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import CharField, TextField, Transform
from django.dispatch import receiver

# What the lower case of Python and of a database do not agree on, or has two spellings for one word: final sigma; the
# dot that is left over an i by a Turkish capital; sharp and long s, which have no
# capital that people write.
ALIKE = (("\u03c2", "\u03c3"), ("i\u0307", "i"), ("\u00df", "ss"), ("\u017f", "s"))
JOINERS = "\u200c\u200d"  # letters of some scripts look different with them: they stay in a name, and tell none apart
FUNCTION = "dealbrain_fold"


def fold(text: str) -> str:
    """The text without case, composed: equal for texts that differ in nothing else."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFC", text).lower()
    for one, other in ALIKE:
        folded = folded.replace(one, other)
    return folded


def clean(text: str) -> str:
    """A name as it is kept: composed, one blank where there is any white space, nothing that cannot be seen."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    words = " ".join(unicodedata.normalize("NFC", text).split())
    seen = "".join(letter for letter in words if _is_seen(letter) or letter in JOINERS)
    return " ".join(seen.split()) if seen.strip(JOINERS + " ") else ""


def name_key(name: str) -> str:
    """What two names that people would take for one have in common."""
    return "".join(letter for letter in fold(clean(name)) if letter not in JOINERS)


def _is_seen(letter: str) -> bool:
    """Whether a character is no control, no direction mark, no zero-width space and no half of a pair."""
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


def postgresql_fold(text: str, is_ascii: str) -> str:
    """The SQL that folds as `fold` does; `is_ascii` is the SQL of whether a text holds nothing else.

    In "C" the lower case is a matter of bytes; whoever sorts by the outcome wants the order of the database.
    """
    whole = f"lower(normalize({text}, NFC))"
    for one, other in ALIKE:
        whole = f"replace({whole}, '{one}', '{other}')"
    return f'(CASE WHEN {is_ascii} THEN lower({text} COLLATE "C") COLLATE "default" ELSE {whole} END)'


def sqlite_fold(text: str, is_ascii: str) -> str:
    """As `postgresql_fold`; what is no text stays as it is."""
    return f"(CASE WHEN {is_ascii} THEN lower({text}) ELSE {FUNCTION}({text}) END)"


@CharField.register_lookup
@TextField.register_lookup
class Folded(Transform):
    """A text as `fold` gives it, so `name__folded=fold("...")` finds what differs in case alone."""

    lookup_name = "folded"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        text, params = compiler.compile(self.get_source_expressions()[0])
        text = f"({text})::text"
        return postgresql_fold(text, f"octet_length({text}) = char_length({text})"), [*params] * 4

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:
        text, params = compiler.compile(self.get_source_expressions()[0])
        is_ascii = f"typeof({text}) = 'text' AND length({text}) = length(CAST({text} AS BLOB))"
        return sqlite_fold(text, is_ascii), [*params] * 5


@receiver(connection_created)
def _teach_sqlite(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            FUNCTION, 1, lambda text: fold(text) if isinstance(text, str) else text, deterministic=True
        )
