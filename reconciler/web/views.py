"""Which address shows what, under which template."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from reconciler.diagnostics.catalog import catalog
from reconciler.model.call import Json
from reconciler.model.ids import fold
from reconciler.model.timeline import Timeline
from reconciler.web.excerpt import excerpt
from reconciler.web.pages.audit import audit
from reconciler.web.pages.findings import findings
from reconciler.web.pages.jobs import jobs
from reconciler.web.pages.overview import overview
from reconciler.web.pages.plan import plan
from reconciler.web.pages.policies import policies, policy
from reconciler.web.pages.row import row
from reconciler.web.pages.vm import Subject, vm
from reconciler.web.pages.vms import vms
from reconciler.web.ports import Daemon
from reconciler.web.query import Query
from reconciler.web.sight import Sight

PATIENCE = 10.0
"""Seconds that reading a VM's history may take before the page is shown without it."""


class Value(Protocol):
    """What a page shows."""

    def document(self) -> dict[str, Json]:
        """The same as JSON."""
        ...


class NotThereError(LookupError):
    """There is no such VM, policy or code; the message is a key of the texts."""


Before = Callable[[Daemon, Sight, Query], Awaitable[object]]
Make = Callable[[Daemon, Sight, Query, object], Value]


@dataclass(frozen=True, slots=True)
class View:
    """`make` runs in a thread; `before`, where there is one, is awaited first and its result handed on."""

    path: str
    template: str
    make: Make
    before: Before | None = None

    @property
    def json_path(self) -> str:
        return "/overview.json" if self.path == "/" else f"{self.path}.json"


async def _subject(daemon: Daemon, sight: Sight, query: Query) -> Subject:
    """The VM that is asked about, with its history from every vault that has it."""
    key = fold(query.text("id"))
    entries = sight.index.by_key.get(key, ())
    if not entries:
        raise NotThereError("error.vm")
    vaults = [entry.vault for entry in entries if entry.vault]
    read = daemon.timeline
    if read is None:
        return Subject(key, entries, ())
    told = await asyncio.gather(*(_history(read, vault, key) for vault in vaults))
    return Subject(key, entries, tuple(zip(vaults, told, strict=True)))


async def _history(read: Callable[[str, str], Awaitable[Timeline]], vault: str, key: str) -> Timeline:
    try:
        async with asyncio.timeout(PATIENCE):
            return await read(vault, key)
    except TimeoutError:
        return Timeline(gaps=(f"{vault}: no answer within {PATIENCE:.0f} s",))


def _vm(daemon: Daemon, sight: Sight, _query: Query, subject: object) -> Value:
    if not isinstance(subject, Subject):
        raise TypeError("the page of a VM was made without one")
    trace = daemon.insight.trace(sight.board, subject.key) if daemon.insight is not None else None
    spans = [decision.span for decision in trace.decisions if decision.span.file] if trace is not None else []
    text = daemon.manifest(spans[0].file) if spans and daemon.manifest is not None else None
    return vm(sight, subject, trace, excerpt(text, spans[0]) if text is not None else None)


def _policy(daemon: Daemon, sight: Sight, query: Query, _before: object) -> Value:
    found = policy(sight, query.text("vault"), query.text("name"), daemon.insight)
    if found is None:
        raise NotThereError("error.policy")
    return found


def _row(_daemon: Daemon, sight: Sight, query: Query, _before: object) -> Value:
    code = query.text("code")
    if code not in catalog().rows:
        raise NotThereError("error.code")
    return row(sight, code)


VIEWS = (
    View("/", "overview", lambda _daemon, sight, query, _: overview(sight, query)),
    View("/vms", "vms", lambda _daemon, sight, query, _: vms(sight, query)),
    View("/vm", "vm", _vm, _subject),
    View("/jobs", "jobs", lambda _daemon, sight, query, _: jobs(sight, query)),
    View("/policies", "policies", lambda daemon, sight, query, _: policies(sight, query, daemon.insight)),
    View("/policy", "policy", _policy),
    View("/findings", "findings", lambda _daemon, sight, query, _: findings(sight, query)),
    View("/row", "row", _row),
    View("/plan", "plan", lambda _daemon, sight, query, _: plan(sight, query)),
    View("/audit", "audit", lambda daemon, sight, query, _: audit(sight, query, daemon)),
)
