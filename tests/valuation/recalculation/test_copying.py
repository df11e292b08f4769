"""A block for COPY, held against what PostgreSQL itself sends for the same rows."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from django.db import connection

from valuation.recalculation.copying import BEGIN, END, binary_rows, doubles, integers, moment

WHEN = datetime(2026, 7, 1, 12, 30, 15, 123_456, tzinfo=UTC)
NULLS = np.array([False, True, False])
BLOCK = binary_rows(
    [
        integers(np.array([1, 2, 2**53])),
        integers(np.array([-5.0, np.nan, 7.0]), NULLS),
        integers(np.array([0, 1, 2]), width=4),
        doubles(np.array([0.1, np.nan, -1e300])),
        moment(WHEN, 3),
    ]
)
KINDS = "bigint, bigint, integer, double precision, timestamptz"
ROWS = [(1, -5, 0, 0.1, WHEN), (2, None, 1, None, WHEN), (2**53, 7, 2, -1e300, WHEN)]


def test_a_row_is_its_fields_each_behind_its_length() -> None:
    block = binary_rows([integers(np.array([258]), width=4), doubles(np.array([np.nan]))])
    assert block == BEGIN + struct.pack(">hiii", 2, 4, 258, -1) + END


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the form is PostgreSQL's own")
def test_postgresql_reads_it_and_sends_the_same() -> None:
    names = [f"c{number}" for number in range(5)]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, KINDS.split(", "), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE blocks ({columns})")
        with cursor.copy("COPY blocks FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(BLOCK)
        cursor.execute("SELECT * FROM blocks ORDER BY c0")
        assert cursor.fetchall() == ROWS
        with cursor.copy("COPY (SELECT * FROM blocks ORDER BY c0) TO STDOUT (FORMAT BINARY)") as copy:
            assert b"".join(bytes(part) for part in copy) == BLOCK
