"""What a remote sent, measured before it is unpacked: no object may grow beyond the limit, whatever it claims."""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Callable
from typing import BinaryIO

from reconciler.sources.git.trouble import TroubleError

_PIECE = 64 * 1024
_OFFSET_DELTA, _REFERENCE_DELTA = 6, 7
_HEADER = 12
_NAME = 20
_DELTA_SIZES = 20
"""Bytes that hold the two sizes a delta begins with."""


def measure(file: BinaryIO, *, most_objects: int, largest: int, check: Callable[[], None]) -> int:
    """Read a pack, object by object, holding a piece of it at a time; how many there are. Raises TroubleError.

    Refused are packs of more objects than `most_objects`, and objects of more bytes than `largest`: as they claim, as
    they inflate, and as a delta would make them. `check` is called now and then, and may raise.
    """
    file.seek(0)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pack:
        if len(pack) < _HEADER or pack[:4] != b"PACK" or int.from_bytes(pack[4:8], "big") not in {2, 3}:
            raise _broken()
        count = int.from_bytes(pack[8:12], "big")
        if count > most_objects:
            raise TroubleError("source-limit", f"the remote sends {count} objects; at most {most_objects} are taken")
        position = _HEADER
        try:
            for number in range(count):
                if number % 1000 == 0:
                    check()
                position = _entry(pack, position, largest)
        except (IndexError, zlib.error) as error:
            raise _broken() from error
    return count


def _entry(pack: mmap.mmap, position: int, largest: int) -> int:
    """Where the next entry begins."""
    byte = pack[position]
    kind, size, shift = (byte >> 4) & 7, byte & 15, 4
    while byte & 128:
        position += 1
        byte = pack[position]
        size |= (byte & 127) << shift
        shift += 7
    position += 1
    if kind == _OFFSET_DELTA:
        while pack[position] & 128:
            position += 1
        position += 1
    elif kind == _REFERENCE_DELTA:
        position += _NAME
    _limit(size, largest)
    inflater = zlib.decompressobj()
    start, total = b"", 0
    while not inflater.eof:
        piece = inflater.unconsumed_tail or pack[position : position + _PIECE]
        if not piece:
            raise _broken()
        if not inflater.unconsumed_tail:
            position += len(piece)
        out = inflater.decompress(piece, _PIECE)
        total += len(out)
        if total > size:
            raise _broken()
        start += out[: _DELTA_SIZES - len(start)]
    if kind in {_OFFSET_DELTA, _REFERENCE_DELTA}:
        _limit(_second_number(start), largest)
    return position - len(inflater.unused_data)


def _second_number(delta: bytes) -> int:
    """How large a delta makes its result; the first number is the size of what it starts from."""
    numbers, value, shift = [], 0, 0
    for byte in delta:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            numbers.append(value)
            value = shift = 0
    return numbers[1]


def _limit(size: int, largest: int) -> None:
    if size > largest:
        raise TroubleError(
            "source-limit", f"the repository holds an object of more than {largest >> 20} MiB: nothing of it is kept"
        )


def _broken() -> TroubleError:
    return TroubleError("source-unreachable", "what the remote sent is no whole pack of objects")
