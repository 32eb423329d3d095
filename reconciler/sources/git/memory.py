"""What must outlive the process: the commit in force, so that a branch set back meanwhile is noticed."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.sources.git.address import AddressError, commit
from reconciler.sources.git.trouble import TroubleError

_FORMAT = 1
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """Ids of commits. `fetched` was fetched last, `in_force` loaded last; `accepted` are acknowledgements used up."""

    in_force: str | None = None
    fetched: str | None = None
    accepted: tuple[str, ...] = ()
    shallow: tuple[str, ...] = ()


def read(path: Path) -> Memory:
    """What was kept, or nothing yet. Raises TroubleError for a file that cannot be understood."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        if found.pop("format") != _FORMAT:
            raise ValueError("another format")
        in_force, fetched = (None if found[name] is None else commit(found[name]) for name in ("in_force", "fetched"))
        accepted, shallow = (tuple(commit(one) for one in found[name]) for name in ("accepted", "shallow"))
        return Memory(in_force, fetched, accepted, shallow)
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, LookupError, AttributeError, TypeError, AddressError, RecursionError) as error:
        raise TroubleError(
            "source-settings",
            f"{path} cannot be read, so a branch that was set back could not be told: mend it, or remove it to take "
            "the newest commit as the first one",
        ) from error


def write(path: Path, memory: Memory) -> None:
    """Keep it: whole or not at all, for the owner alone, on the disk when this returns. Raises TroubleError."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix="tmp-")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump({"format": _FORMAT, **asdict(memory)}, file)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except OSError as error:
        raise TroubleError("source-settings", f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder, private and to oneself; TroubleError where another process has it. A dead one holds nothing."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise TroubleError("source-settings", f"{folder} cannot be written: {error.strerror}") from error
    try:
        _take(lock, folder)
        yield
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        text = f"{folder} is in use by another process, or by a look that hangs"
        raise TroubleError("source-settings", text) from error
