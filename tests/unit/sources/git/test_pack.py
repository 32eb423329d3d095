"""A pack is measured before it is unpacked: what it claims, what it inflates to, what its deltas make."""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from dulwich.pack import write_pack_from_container
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.git.pack import measure
from reconciler.sources.git.trouble import TroubleError
from tests.unit.sources.git.origins import Origin, vault

COMMIT, BLOB, OFFSET_DELTA, REFERENCE_DELTA = 1, 3, 6, 7
LARGEST = 1000


def head(kind: int, size: int) -> bytes:
    out = bytearray([(kind << 4) | (size & 15)])
    size >>= 4
    while size:
        out[-1] |= 128
        out.append(size & 127)
        size >>= 7
    return bytes(out)


def number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(128 | (value & 127))
        value >>= 7
    return bytes([*out, value])


def pack(*entries: bytes, count: int | None = None) -> bytes:
    counted = len(entries) if count is None else count
    return b"PACK" + (2).to_bytes(4, "big") + counted.to_bytes(4, "big") + b"".join(entries) + bytes(20)


def measured(content: bytes, check: Callable[[], None] = lambda: None, largest: int = LARGEST) -> int:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return measure(cast("BinaryIO", file), most_objects=10, largest=largest, check=check)


def blob(size: int, claimed: int | None = None) -> bytes:
    return head(BLOB, size if claimed is None else claimed) + zlib.compress(b"x" * size)


def test_a_pack_within_bounds() -> None:
    delta = number(5) + number(LARGEST) + b"\x05hello"
    assert (
        measured(pack(blob(LARGEST), blob(0), head(REFERENCE_DELTA, len(delta)) + bytes(20) + zlib.compress(delta)))
        == 3
    )
    assert measured(pack(blob(3), head(OFFSET_DELTA, len(delta)) + b"\x81\x05" + zlib.compress(delta))) == 2
    assert measured(pack()) == 0


@pytest.mark.parametrize(
    "content",
    [
        pack(blob(LARGEST + 1)),
        pack(blob(3), blob(0, claimed=2**60)),
        pack(head(REFERENCE_DELTA, 9) + bytes(20) + zlib.compress((number(5) + number(2**40)).ljust(9, b"x"))),
        pack(*[blob(1)] * 11),
        pack(count=2**32 - 1),
    ],
)
def test_what_is_too_much(content: bytes) -> None:
    with pytest.raises(TroubleError) as caught:
        measured(content)
    assert caught.value.code == "source-limit"


@pytest.mark.parametrize(
    "content",
    [
        b"PACK",
        b"HTTP" + pack(blob(1))[4:],
        pack(blob(1)).replace((2).to_bytes(4, "big"), (9).to_bytes(4, "big"), 1),
        pack(blob(100, claimed=10)),
        pack(blob(1), count=2),
        pack(blob(900))[:-25],
        pack(head(BLOB, 4) + b"no zlib at all"),
        pack(head(REFERENCE_DELTA, 1) + bytes(20) + zlib.compress(b"\xff")),
        pack(b"\xff" * 30),
    ],
)
def test_what_is_broken(content: bytes) -> None:
    with pytest.raises(TroubleError) as caught:
        measured(content)
    assert caught.value.code in {"source-unreachable", "source-limit"}


def test_a_bomb_is_stopped_before_it_is_unpacked() -> None:
    """A gigabyte of nothing is a megabyte on the wire; no more than the limit of it is ever inflated."""
    bomb = io.BytesIO()
    squeeze = zlib.compressobj(9)
    for _ in range(64):
        bomb.write(squeeze.compress(bytes(1 << 20)))
    bomb.write(squeeze.flush())
    with pytest.raises(TroubleError):
        measured(pack(head(BLOB, 500) + bomb.getvalue()))


def test_it_stops_when_it_is_told_to() -> None:
    class EnoughError(Exception):
        pass

    def enough() -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        measured(pack(blob(1)), enough)


@pytest.fixture
def real(tmp_path: Path) -> bytes:
    origin = Origin(tmp_path / "o.git")
    sha = origin.commit({"a.yaml": vault("one") * 9})
    origin.commit({"a.yaml": vault("one") * 9 + b"# more\n"}, [sha])
    out = io.BytesIO()
    store = origin.repo.object_store
    write_pack_from_container(
        out.write, store, [(name, None) for name in store], object_format=origin.repo.object_format
    )
    origin.repo.close()
    return out.getvalue()


def test_a_real_pack_is_measured_to_its_end(real: bytes) -> None:
    assert measured(real, largest=LARGEST * 10) == 6


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_give_a_count_or_a_trouble(content: bytes) -> None:
    for tried in (content, pack(content)):
        with suppress(TroubleError):
            assert measured(tried) <= 10
