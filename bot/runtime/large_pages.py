"""What a started server keeps is moved into large pages of memory (Linux 6.1 and later; elsewhere nothing is done).

A turn touches Python's objects all over a hundred megabytes, and the processor spends a part of it looking up where
their 4 KB pages are, above all in a virtual machine, where every look-up is two. Pages of 2 MB need next to none.
Python asks for memory in pieces too small for the kernel to think of that by itself (arenas of 1 MB, in 3.10).
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

SIZE = 2 * 1024 * 1024
_SMALL = 4096
_MOST = 0.5
_COLLAPSE = 25
"""``MADV_COLLAPSE`` of madvise(2): put what is there into a large page, now. An older kernel refuses the number."""
_MAPS = Path("/proc/self/maps")
_NO_FILE = 5
"""Words of a line of proc(5)'s ``maps`` that has no name: memory that is of no file."""


def use_large_pages() -> int:
    """Move what this process holds; gives how many bytes are in large pages now.

    Takes half a second, in pieces of a few milliseconds: meant for a thread beside the first customers. Memory stays as
    it is where the kernel refuses, which is no error.
    """
    if sys.platform != "linux" or not _MAPS.exists():
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)
    moved = [libc.madvise(place, SIZE, _COLLAPSE) == 0 for place in _places() if _is_in_use(libc, place)]
    return SIZE * sum(moved)


def _places() -> Iterator[int]:
    """Where a large page would lie altogether within memory of ours that can be written."""
    for line in _MAPS.read_text().splitlines():
        addresses, rights, *rest = line.split()
        is_plain = len(rest) + 2 == _NO_FILE or rest[-1] == "[heap]"
        if rights == "rw-p" and is_plain:
            start, end = (int(address, 16) for address in addresses.split("-"))
            yield from range(-(-start // SIZE) * SIZE, end - SIZE + 1, SIZE)


def _is_in_use(libc: ctypes.CDLL, place: int) -> bool:
    """Whether most of it is there, as all of a large page always is: a thread's stack would be largely for nothing."""
    pages = ctypes.create_string_buffer(SIZE // _SMALL)
    if libc.mincore(place, SIZE, pages) != 0:
        return False
    return sum(page & 1 for page in pages.raw) >= _MOST * len(pages)
