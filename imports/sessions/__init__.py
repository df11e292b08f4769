"""One service for three doors: a file is opened, mapped, asked about, shown, committed, and taken back.

    opening     file -> session: kept, detected, mapped, studied, and every row matched, as far as no answer is missing
    planning    records -> what each would do: new, changed, unchanged, conflict, left out, refused. Writes nothing
    committing  the same plan, written: one transaction, a constant number of queries for a chunk of rows
    undoing     what a commit wrote, taken back where it still is what was written

`service` is what the doors call. Everything that is known of a session is in its row, so that any process can go on.
"""
