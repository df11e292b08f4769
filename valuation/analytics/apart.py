"""Which of some rules never match the same listing, without looking at every pair on every listing.

Most pairs meet within the first hundreds of listings, and are not looked at any more; so the parts of a page that are
looked at grow while the pairs become few.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dealbrain.deadlines import check_deadline

FIRST_PART = 64  # bytes of eight listings each
MOST_BYTES = 1 << 24  # of the masks that are compared at once

Bits = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]


class Apart:
    """The pairs of `count` rules that have matched no listing together so far, as two columns of their numbers."""

    def __init__(self, count: int) -> None:
        self.left, self.right = np.triu_indices(count, 1)

    def add(self, bits: Bits) -> None:
        """`uint8[count, width]`: for each rule a bit for each listing of a page."""
        start, size = 0, FIRST_PART
        while start < bits.shape[1] and len(self.left):
            check_deadline()
            part = np.ascontiguousarray(bits[:, start : start + size])
            stay = ~_meet(part, self.left, self.right)
            self.left, self.right = self.left[stay], self.right[stay]
            start, size = start + size, size * 4


def _meet(bits: Bits, left: Indices, right: Indices) -> npt.NDArray[np.bool_]:
    block = max(MOST_BYTES // bits.shape[1], 1)
    return np.concatenate(
        [
            (bits[left[first : first + block]] & bits[right[first : first + block]]).any(axis=1)
            for first in range(0, len(left), block)
        ]
    )
