"""What a ladder is, and what comes of a case."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken. `invariant` is its number, such as `I-25`; `crash` for an error nobody expected."""

    invariant: str
    said: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.said}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a case. Cases with the same `trace` behaved alike; `skipped` says why it could not be run."""

    violations: tuple[Violation, ...] = ()
    trace: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that violated something; `simplest` is what is left of it once everything needless is taken away."""

    case: str
    violations: tuple[Violation, ...]
    simplest: str = ""


class Ladder(ABC):
    """See the package's docstring. `what` is a sentence or two for people; `unit` is what one run is called there."""

    number: int
    title: str
    what: str
    unit: str = "runs"
    share: float = 1.0
    goal: int | None = None
    jobs: int | None = None
    seconds: float = 60.0

    @abstractmethod
    def cases(self, seed: int) -> Iterator[str]: ...

    @abstractmethod
    def run(self, case: str) -> Verdict: ...

    def total(self) -> int | None:
        """How many cases there are; None where they are samples of something endless."""
        return None

    def full(self) -> int | None:
        """How many cases make a full run; None for all of them."""
        return self.goal

    def simpler(self, case: str) -> Iterator[str]:
        """Cases that are simpler than this one, the simplest first."""
        del case
        return iter(())

    def missing(self) -> str:
        """What the ladder needs and this machine has not; empty when it can be run."""
        return ""


@dataclass(slots=True)
class Climb:
    """What came of a ladder. `seconds` is wall-clock time; `complete` once every case of a full run was made."""

    ladder: Ladder
    runs: int = 0
    total: int | None = None
    complete: bool = False
    seconds: float = 0.0
    cases: set[str] = field(default_factory=set)
    traces: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    """How many cases could not be run, by the reason."""
    not_run: str = ""
    """Why nothing of it was run."""
