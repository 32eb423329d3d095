"""One branch of one repository, followed with care: what is newest, whether it may be put in force, what was before."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from dulwich.objects import Commit

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.board import Problem, Rejection, Revision
from reconciler.sources.git import memory, signatures, tree
from reconciler.sources.git.address import Address
from reconciler.sources.git.memory import Memory
from reconciler.sources.git.mirror import Ask, DamagedError, Limits, Mirror
from reconciler.sources.git.remote import Access, connect
from reconciler.sources.git.trouble import TroubleError, plain
from reconciler.sources.git.wire import Wire

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Followed:
    """What to follow, and on which conditions; `branch` is the full name, `folder` the parts of its path.

    With `signers` the newest commit must be signed by a key of that file. `accept_rewind` is the one commit to which
    the branch may be set back, once.
    """

    address: Address
    branch: bytes
    folder: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)
    signers: Path | None = None
    accept_rewind: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a commit is not even loaded."""

    because: Rejection
    problem: Problem
    how: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commit and its manifests, by path in the repository."""

    revision: Revision
    contents: Mapping[str, bytes]
    diagnostics: Sequence[Diagnostic] = ()
    refusal: Refusal | None = None


class Branch:
    """For one thread at a time. `state` is a folder for this branch alone, made if missing, private."""

    def __init__(self, followed: Followed, state: Path, limits: Limits | None = None) -> None:
        self._followed = followed
        self._state = state
        self._limits = limits or Limits()
        self._file = state / "followed.json"
        self._verdicts: dict[tuple[str, str], bool] = {}

    def restored(self) -> Candidate | None:
        """The commit that was in force when the last process ended, if it is still here. Raises TroubleError."""
        with memory.locked(self._state):
            kept = memory.read(self._file)
            if kept.in_force is None:
                return None
            with self._mirror(kept) as mirror:
                try:
                    commit = mirror.commit(kept.in_force)
                    refusal = self._unsigned(commit)
                    return None if refusal else self._candidate(mirror, commit)
                except DamagedError:
                    return None

    def newest(self, wire: Wire, known: str | None = None) -> Candidate:
        """Fetch, and give the newest commit of the branch; of a `known` one that is not refused, without its files.

        Raises TroubleError, and whatever libraries do.
        """
        with memory.locked(self._state):
            kept = memory.read(self._file)
            with self._mirror(kept) as mirror:
                try:
                    return self._look(mirror, kept, wire, known)
                except DamagedError:
                    mirror.empty()
                try:
                    return self._look(mirror, replace(kept, fetched=None), wire, known)
                except DamagedError as error:
                    raise TroubleError("source-unreachable", f"the remote did not send the object {error}") from error

    def put_in_force(self, name: str) -> None:
        """Remember, durably, that this commit is the one from which newer ones must follow. Raises TroubleError."""
        with memory.locked(self._state):
            kept = memory.read(self._file)
            if kept.in_force == name:
                return
            used = (name,) if name == self._followed.accept_rewind and kept.in_force is not None else ()
            memory.write(self._file, replace(kept, in_force=name, accepted=tuple({*kept.accepted, *used})))

    def _mirror(self, kept: Memory) -> Mirror:
        return Mirror(self._state / "objects", self._limits, kept.shallow)

    def _look(self, mirror: Mirror, kept: Memory, wire: Wire, known: str | None) -> Candidate:
        if mirror.is_crowded and kept.fetched == kept.in_force:
            mirror.empty()
        haves = [name for name in (kept.in_force, kept.fetched) if name is not None]
        name = mirror.fetch(self._ask(wire), wire, haves)
        if (kept.fetched, frozenset(kept.shallow)) != (name, mirror.shallow):
            memory.write(self._file, replace(kept, fetched=name, shallow=tuple(sorted(mirror.shallow))))
        commit = mirror.commit(name)
        refusal = self._unsigned(commit) or self._rewound(mirror, name, kept, wire)
        if name == known and refusal is None:
            return Candidate(described(commit), {})
        return self._candidate(mirror, commit, refusal)

    def _ask(self, wire: Wire, *, whole_history: bool = False) -> Ask:
        client, path = connect(self._followed.address, self._followed.access, wire)
        shallow = self._followed.address.scheme != "file"
        return Ask(client, path, self._followed.branch, shallow=shallow and not whole_history, files=not whole_history)

    def _candidate(self, mirror: Mirror, commit: Commit, refusal: Refusal | None = None) -> Candidate:
        revision = described(commit)
        if refusal is not None:
            return Candidate(revision, {}, (), refusal)
        found = tree.read(mirror, commit.tree.decode("ascii"), self._followed.folder)
        return Candidate(revision, found.contents, found.diagnostics)

    def _unsigned(self, commit: Commit) -> Refusal | None:
        if self._followed.signers is None:
            return None
        listed = signatures.allowed_signers(self._followed.signers)
        try:
            signatures.signer(commit, listed)
        except signatures.UnsignedError as error:
            name = commit.id.decode("ascii")[:_SHORT]
            problem = Problem("source-unsigned", f"the commit {name} may not be put in force: {error}")
            how = f"sign a commit with a key of {self._followed.signers}, or put the key of its author on that list"
            return Refusal(Rejection.UNSIGNED, problem, how)
        return None

    def _rewound(self, mirror: Mirror, name: str, kept: Memory, wire: Wire) -> Refusal | None:
        if kept.in_force is None or self._follows(mirror, name, kept.in_force, wire):
            return None
        if name == self._followed.accept_rewind and name not in kept.accepted:
            return None
        problem = Problem(
            "source-rewound",
            f"the branch was set to {name[:_SHORT]}, which does not follow from {kept.in_force[:_SHORT]} in force",
        )
        used = " (it was accepted once, and that is used up)" if name in kept.accepted else ""
        how = (
            f"push a commit that follows from {kept.in_force}; or, if this was meant{used}, start again with "
            f"--accept-rewind {name}"
        )
        return Refusal(Rejection.REWOUND, problem, how)

    def _follows(self, mirror: Mirror, newer: str, older: str, wire: Wire) -> bool:
        """Whether `older` is before `newer`; where the kept history ends too early, the whole of it is asked for."""
        if (newer, older) not in self._verdicts:
            known = mirror.follows(newer, older)
            if known is None:
                with tempfile.TemporaryDirectory(dir=self._state) as aside, Mirror(Path(aside), self._limits) as whole:
                    whole.fetch(self._ask(wire, whole_history=True), wire)
                    known = whole.follows(newer, older)
            self._verdicts = {(newer, older): bool(known)}
        return self._verdicts[newer, older]


def described(commit: Commit) -> Revision:
    """What a commit says of itself; all of it is foreign text, kept short and on one line."""
    zone = timezone(timedelta(seconds=commit.commit_timezone)) if abs(commit.commit_timezone) < 86400 else UTC
    try:
        at = datetime.fromtimestamp(commit.commit_time, zone).astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        at = None
    subject = commit.message.decode("utf-8", "replace").lstrip().partition("\n")[0]
    author = commit.author.decode("utf-8", "replace")
    return Revision(commit.id.decode("ascii"), committed_at=at, author=plain(author), subject=plain(subject))
