"""A histogram in few bytes: a long run has hundreds of thousands of them.

Measured on the cells of a run (three to thirty times each): 664 bytes a cell, 1,517 with dicts.
"""

from array import array
from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from itertools import chain
from typing import cast

_WIDE = "Q"  # 8 bytes: a time of more than 71 minutes does not go into 4
_NARROW = "I"


class Packed(Mapping[int, int]):
    """Keys (µs) and counts, in the order in which they came; it never changes."""

    __slots__ = ("_pairs",)

    def __init__(self, histogram: Mapping[int, int]) -> None:
        pairs = list(chain.from_iterable(histogram.items()))
        wide = any(number >> 32 for number in pairs)
        self._pairs = array(_WIDE if wide else _NARROW, pairs)

    def __getitem__(self, key: int) -> int:
        """Return the count of a bucket. Raises: KeyError if nothing fell into it."""
        for known, number in self.items():
            if known == key:
                return number
        raise KeyError(key)

    def __iter__(self) -> Iterator[int]:
        """Yield the keys."""
        return iter(self._pairs[::2])

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self._pairs) // 2

    # A view asks for each key anew, and these are asked for all the time.
    def keys(self) -> KeysView[int]:
        """Return the keys, as a sequence."""
        return cast("KeysView[int]", self._pairs[::2])

    def values(self) -> ValuesView[int]:
        """Return the counts, as a sequence."""
        return cast("ValuesView[int]", self._pairs[1::2])

    def items(self) -> ItemsView[int, int]:
        """Return pairs of key and count, to be gone through once."""
        return cast("ItemsView[int, int]", zip(self._pairs[::2], self._pairs[1::2], strict=True))
