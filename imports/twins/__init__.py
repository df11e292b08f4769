"""One offer that two sources tell of: pairs of listings that may be one machine, and their merging by a person.

    finding     pure: which listings agree, and how alike their titles are
    reading     the active listings as what `finding` compares, and the pairs of a page
    completing  what the kept listing takes over from the other; writes nothing
    merging     decisions in one transaction, each against the listings as they were shown
    following   what imports and their undoing ask: where a merged listing has gone

Nothing is merged by itself. The listing that is not kept is archived, never deleted.
"""
