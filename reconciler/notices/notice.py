"""A message about causes that share a row of the table: one of it, however many VMs they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby

from reconciler.notices.cause import Cause, Kind

MOST_NAMES = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """`over` is false when it begins. Causes are of one kind, code and vault. `at` is aware UTC."""

    causes: tuple[Cause, ...]
    over: bool
    at: datetime

    @property
    def kind(self) -> Kind:
        return self.causes[0].kind

    @property
    def code(self) -> str:
        return self.causes[0].code

    @property
    def vault(self) -> str:
        return self.causes[0].vault

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(sorted({cause.subject for cause in self.causes if cause.subject}))

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cause.text for cause in self.causes))

    @property
    def id(self) -> str:
        """The same when the same is sent again, so that who gets it twice can tell."""
        parts = [cause.fingerprint for cause in self.causes]
        parts += ["over" if self.over else "begun", self.at.isoformat()]
        return sha256("\n".join(parts).encode()).hexdigest()[:32]


def gathered(causes: Iterable[Cause], at: datetime, *, over: bool) -> Sequence[Notice]:
    """As few notices as say it all."""
    ordered = sorted(causes, key=lambda one: (_place(one), one.subject, one.fingerprint))
    return [Notice(tuple(group), over, at) for _, group in groupby(ordered, _place)]


def _place(cause: Cause) -> tuple[str, str, str]:
    return cause.kind, cause.code, cause.vault
