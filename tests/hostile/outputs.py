"""Every output of the command line, made of values into which a name was put wherever it could have come from."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import structlog
from rich.console import Console

from reconciler import log
from reconciler.cli import vault_show
from reconciler.cli.output import print_table
from reconciler.cli.progress import Lines
from reconciler.diagnostics import escape
from reconciler.diagnostics.as_azure_devops import azure_devops_commands
from reconciler.diagnostics.as_github import github_commands
from reconciler.diagnostics.as_json import plan_json
from reconciler.diagnostics.as_jsonl import Events, plan_lines
from reconciler.diagnostics.as_junit import junit
from reconciler.diagnostics.as_markdown import markdown_page
from reconciler.diagnostics.as_sarif import sarif
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.diagnostics.explain_text import render_found
from reconciler.diagnostics.log_json import log_json, log_lines
from reconciler.diagnostics.log_text import render_log
from reconciler.diagnostics.manifests_sheet import manifests_sheet
from reconciler.diagnostics.meanings import heard
from reconciler.diagnostics.meanings_text import render_unknown, render_vague
from reconciler.diagnostics.plan_sheet import plan_sheet
from reconciler.diagnostics.plan_text import render_plan
from reconciler.diagnostics.sheet import Sheet
from reconciler.diagnostics.status_json import status_json
from reconciler.diagnostics.status_sheet import status_sheet
from reconciler.diagnostics.status_text import render_status, render_vms
from reconciler.diagnostics.text import render_diagnostics
from reconciler.diagnostics.trace_json import traces_document
from reconciler.diagnostics.trace_text import render_trace
from reconciler.manifests.load import load_texts
from reconciler.model.observed import Gap
from reconciler.model.plan import Severity
from reconciler.model.span import Span
from reconciler.notices.cause import Cause, Kind
from reconciler.notices.mail import Mail
from reconciler.notices.notice import gathered
from reconciler.vaultserver import estate
from reconciler.vaultserver.world import World
from tests.hostile import reading
from tests.hostile.infect import infected
from tests.unit.diagnostics.samples import OUTCOMES, PLAN, SYMBOLS
from tests.unit.diagnostics.test_log_text import ENTRIES, WHOLE
from tests.unit.diagnostics.test_status_text import ALL, failed, of
from tests.unit.diagnostics.test_trace_text import TRACE

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SMALL = replace(PLAN, quiet=(*PLAN.quiet[:3], PLAN.quiet[-1]))
STATUS = of(*ALL, jobs=(failed("a"), failed("b", 7)), gaps=(Gap("/subscriptions/x/list", "it broke", "rsv"),))
MISTAKES = (
    Diagnostic("manifest-bad-value", "no", Span("a.yaml", 1, 2, 3), "write", (Note("here", Span("b.yaml", 1, 1, 2)),)),
    Diagnostic("manifest-expired", "over", Span("b.yaml", 1, 1, 4), severity=Severity.WARNING),
)
CAUSES = (Cause(Kind.FAILURE, "register-vm-not-running", "rsv", "rg/web-1", "It is off."),)


@dataclass(frozen=True)
class Output:
    """`make` gives what is shown when `text` stands in every foreign place; `read` reads it back."""

    make: Callable[[str], str]
    read: Callable[[str], reading.Read]


def _plan(text: str, *, applied: bool, full: bool) -> str:
    outcomes = infected(OUTCOMES, text) if applied else None
    plan = infected(SMALL, text)
    sources = {finding.source.file: f"name: {text}\n" * 40 for finding in plan.findings}
    page = render_plan(plan, cloud="azure", symbols=SYMBOLS, full=full, outcomes=outcomes, sources=sources)
    return page.plain


def _sheet(kind: str, text: str) -> Sheet:
    match kind:
        case "status":
            return status_sheet(infected(STATUS, text), cloud="azure")
        case "manifests":
            found = infected(MISTAKES, text)
            return manifests_sheet(found, [one.span.file for one in found], "Valid.")
        case _:
            outcomes = infected(OUTCOMES, text) if kind == "result" else None
            return plan_sheet(infected(SMALL, text), cloud="azure", outcomes=outcomes)


def _manifests(text: str) -> str:
    """A manifest in which the text stands as key, as value and as name: what the reader itself says of it."""
    quoted = json.dumps(text)
    yaml = (
        f"apiVersion: reconciler/v1\nkind: Vault\nmetadata: {{name: {quoted}, {quoted}: 1}}\n"
        f"spec:\n  location: {quoted}\n  {quoted}: [{quoted}]\n"
        f"---\napiVersion: {quoted}\nkind: {quoted}\n---\n{quoted}\n"
    )
    name = f"a{text}.yaml"
    loaded = load_texts({name: yaml.encode("utf-8", "surrogatepass")})
    return render_diagnostics(loaded.diagnostics, loaded.sources).plain


def _events(text: str) -> str:
    stream = io.StringIO()
    events = Events(stream, lambda: NOW, "azure")
    plan, outcomes = infected(SMALL, text), infected(OUTCOMES, text)
    for step in plan.steps[:6]:
        events.started(step)
        events.outcome(step, outcomes[step.id])
    events.heartbeat(f"Looking{text}")
    return stream.getvalue()


def _progress(text: str) -> str:
    stream = io.StringIO()
    plan, outcomes = infected(SMALL, text), infected(OUTCOMES, text)
    with redirect_stderr(stream):
        for step in plan.steps[:6]:
            Lines().step(step, outcomes[step.id])
    return stream.getvalue()


def _log(style: str, text: str) -> str:
    stream = io.StringIO()
    try:
        log.configure(level="info", style=style, stream=stream)
        structlog.get_logger().info("step ended", subject=f"web{text}", reason=[text], **{f"k{text}": 1})
        try:
            raise ValueError(text)
        except ValueError as error:
            structlog.get_logger().warning("broke", error=error, outcome="failed")
    finally:
        structlog.reset_defaults()
    return stream.getvalue()


def _mail(text: str) -> str:
    [notice] = gathered(infected(CAUSES, text), NOW, over=False)
    mail = Mail("localhost", 25, "from@example.com", ("to@example.com",), catalog())
    return mail.message(notice).as_string()


@contextmanager
def _world(text: str) -> Iterator[World]:
    """An embedded vault whose machine bears the name; what is no Unicode, no client can send it."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    world = World()
    try:
        estate.load(world, _ESTATE)
        [vm] = world.vms()
        world.put_vm(msgspec.structs.replace(vm, name=f"web{text}", resource_group=f"rg{text}"))
        yield world
    finally:
        world.close()


_ESTATE: dict[str, Any] = {
    "estate": "v1",
    "clock": "2026-03-02T09:00:00Z",
    "subscriptions": [{"id": "00000000-0000-0000-0000-000000000001", "name": "test"}],
    "virtualMachines": [{"name": "web-1", "resourceGroup": "rg", "os": "Linux"}],
}


def _vault_table(text: str) -> str:
    stream = io.StringIO()
    with _world(text) as world:
        console = Console(file=stream, width=132, color_system=None, highlight=False)
        print_table(console, vault_show.machines(world))
    return stream.getvalue()


def _vault_json(text: str) -> str:
    with _world(text) as world:
        return vault_show.as_json(world, requests=False)


def _outputs() -> Iterator[tuple[str, Output]]:
    for applied, full in ((False, False), (False, True), (True, False), (True, True)):
        name = f"{'result' if applied else 'plan'}{'-full' if full else ''}"
        yield name, Output(partial(_plan, applied=applied, full=full), reading.terminal)
    for kind in ("plan", "result", "status", "manifests"):
        for form, (write, read) in _FORMATS.items():
            yield f"{kind}.{form}", Output(partial(_formatted, kind, write), read)
    yield from _OTHERS.items()


def _formatted(kind: str, write: Callable[[Sheet], str], text: str) -> str:
    return write(_sheet(kind, text))


def _json(text: str, *, applied: bool) -> str:
    return plan_json(infected(SMALL, text), cloud="azure", outcomes=infected(OUTCOMES, text) if applied else None)


def _jsonl(text: str) -> str:
    return "".join(plan_lines(infected(SMALL, text), cloud="azure", outcomes=infected(OUTCOMES, text)))


def _status(text: str, *, jobs: bool = False, failed: bool = False, full: bool = False) -> str:
    return render_status(infected(STATUS, text), cloud="azure", jobs=jobs, failed=failed, full=full).plain


def _audit(text: str, *, full: bool, width: int) -> str:
    entries = infected(ENTRIES, text)
    return render_log(entries, WHOLE, title=f"journal{text}.db", matching=2, full=full, width=width).plain


_FORMATS: Mapping[str, tuple[Callable[[Sheet], str], Callable[[str], reading.Read]]] = {
    "markdown": (markdown_page, reading.markdown),
    "github": (lambda sheet: "".join(github_commands(sheet)), reading.github),
    "azure-devops": (lambda sheet: "".join(azure_devops_commands(sheet)), reading.azure_devops),
    "sarif": (sarif, reading.document),
    "junit": (junit, reading.junit),
}
_OTHERS: Mapping[str, Output] = {
    "plan.json": Output(partial(_json, applied=False), reading.document),
    "result.json": Output(partial(_json, applied=True), reading.document),
    "result.jsonl": Output(_jsonl, reading.lines),
    "events.jsonl": Output(_events, reading.lines),
    "progress": Output(_progress, reading.terminal),
    "status": Output(partial(_status, jobs=True), reading.terminal),
    "status-full": Output(partial(_status, jobs=True, full=True), reading.terminal),
    "status-failed": Output(partial(_status, failed=True), reading.terminal),
    "status-vms": Output(lambda text: render_vms(infected(STATUS, text), cloud="azure").plain, reading.terminal),
    "status.json": Output(lambda text: status_json(infected(STATUS, text), cloud="azure"), reading.document),
    "mistakes": Output(lambda text: render_diagnostics(infected(MISTAKES, text), {}).plain, reading.terminal),
    "manifests": Output(_manifests, reading.terminal),
    "explain": Output(lambda text: render_found(text, catalog().find(text)).plain, reading.terminal),
    "explain-message": Output(
        lambda text: render_unknown(text, heard(catalog(), text), "backup").plain, reading.terminal
    ),
    "explain-vague": Output(lambda text: render_vague(text, ()).plain, reading.terminal),
    "trace": Output(lambda text: render_trace(infected(TRACE, text)).plain, reading.terminal),
    "trace.json": Output(
        lambda text: escape.json_text(traces_document([infected(TRACE, text)]), indent=2), reading.document
    ),
    "audit": Output(partial(_audit, full=False, width=132), reading.terminal),
    "audit-full": Output(partial(_audit, full=True, width=80), reading.terminal),
    "audit.json": Output(lambda text: log_json(infected(ENTRIES, text), WHOLE, title=f"j{text}"), reading.document),
    "audit.jsonl": Output(
        lambda text: "".join(log_lines(infected(ENTRIES, text), WHOLE, title=f"j{text}")), reading.lines
    ),
    "log.text": Output(partial(_log, "text"), reading.log_text),
    "log.json": Output(partial(_log, "json"), reading.log_json),
    "mail": Output(_mail, reading.mail),
    "vault": Output(_vault_table, reading.terminal),
    "vault.json": Output(_vault_json, reading.document),
}
OUTPUTS: Mapping[str, Output] = dict(_outputs())
