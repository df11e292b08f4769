"""An index of what listings are searched by, where PostgreSQL can have one: of groups of three letters (`pg_trgm`).

No migration, because a database may get `pg_trgm` years after its tables, and because the index is of use only while it
says what the search says: it is compiled from the same expression, and named after it. Every `migrate` makes the one
that is missing, and drops one of another expression. Without it the same is found, by reading all rows.
"""

from __future__ import annotations

import sys
from hashlib import md5
from typing import Any

from django.db import DatabaseError, connections, router, transaction
from django.db.models.signals import post_migrate
from django.db.models.sql import Query
from django.dispatch import receiver

from dealbrain.searching import own_text
from listings.filtersets import SEARCHED
from listings.models import Listing

PREFIX = "listings_listing_words_"


@receiver(post_migrate)
def make_index(sender: Any, using: str, verbosity: int, stdout: Any = None, **_: Any) -> None:
    """Have the index that there can be. What is refused is told, and leaves all else as it is."""
    connection = connections[using]
    is_here = sender.label == Listing._meta.app_label and router.allow_migrate_model(using, Listing)
    if connection.vendor != "postgresql" or not is_here:
        return
    expression = index_expression(connection)
    name = PREFIX + md5(expression.encode(), usedforsecurity=False).hexdigest()[:8]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s), to_regclass(%s)", [Listing._meta.db_table, name])
        table, index = cursor.fetchone()
    if table is None or index is not None:
        return
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass", [table])
            for older in (found for (found,) in cursor.fetchall() if found.startswith(PREFIX)):
                cursor.execute(f"DROP INDEX {older}")
            cursor.execute(f"CREATE INDEX {name} ON {table} USING gin ({expression} gin_trgm_ops)")
    except DatabaseError as error:
        if verbosity:
            reason = str(error).splitlines()[0]
            (stdout or sys.stdout).write(f"  Listings are searched without an index: {reason}\n")


def index_expression(connection: Any) -> str:
    """The text that a search looks at, as SQL without parameters."""
    query = Query(Listing, alias_cols=False)
    searched = own_text(Listing, SEARCHED).resolve_expression(query)
    compiler = query.get_compiler(connection=connection)
    expression: str = connection.ops.compose_sql(*compiler.compile(searched))
    return expression
