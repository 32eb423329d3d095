"""600 names that nobody good would give a machine, and a board on which every foreign text is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

from reconciler.model.audit import AuditEntry, Event, Head
from reconciler.model.board import (
    Board,
    PassRecord,
    Problem,
    Rejected,
    Rejection,
    Revision,
    SourceState,
    StepResult,
    VaultState,
)
from reconciler.model.drift import Change, Drift, SeenDrift
from reconciler.model.ids import fold
from reconciler.model.observed import Job, JobError, Observed, ObservedVault, VirtualMachine, VmKey
from reconciler.model.outcome import AzureError, Failed
from reconciler.model.span import Span
from reconciler.model.state import ItemState
from reconciler.model.timeline import Event as Happened
from reconciler.model.timeline import EventKind, Timeline
from reconciler.planning import Brakes, plan
from reconciler.planning.status import status
from tests.unit.planning.making import NOW, SUB, VAULT_ID, item, machine, seen_policy
from tests.unit.web.boards import board_of

MARKUP = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script href=data:,alert(1) />",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>x",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<plaintext>",
    "<textarea>",
    "<title></title><script>alert(1)</script>",
    "<table><tr><td>",
    "</td></tr></table></main></body></html>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    '" style="position:fixed;inset:0;background:red',
    "`onload=alert(1)`",
    "`<script>alert(1)</script>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "{{7*7}}",
    "{{ self.__init__.__globals__ }}",
    "{% include '/etc/passwd' %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{n}",
    "{0.__class__}",
    "%s%n%x",
    "%(name)s",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "?state=verified&q=<script>",
    "#main",
    "&state=verified",
    "//evil.example/x",
    "http://evil.example/",
    "=cmd|' /C calc'!A0",
)
MARKS = (
    "\u202egnp.exe\u202c",
    "\u2066\u2067\u2068\u2069",
    "\u200b\u200c\u200d\u2060\ufeff",
    "a\u0300\u0301\u0302\u0303\u0304" * 40,
    "Z\u0351\u036b\u0343" * 60,
    "\x00nul\x00",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://evil.example\x07x\x1b]8;;\x07",
    "\r\nSet-Cookie: a=b",
    "line\u2028one\u2029two\x85three",
    "tab\tand\nnewline",
    "\ufffe\uffff",
    "\U000e0001\U000e0041",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 20,
    "שלום עולם",
    "مرحبا بالعالم",
    "中文名稱" * 30,
    "ﷺ" * 40,
    "W" * 400,
    "i" * 1500,
    "-" * 300,
    "a/b/c/d/e/f",
    "a;b;c",
    " ",
    "   leading and trailing   ",
    ".",
    "..",
    "con",
    "\u2800" * 50,
    "\u3164",
    "\u00ad" * 50,
    "K\u212aelvin",
    "İstanbul",
    "ǅ",
    "null",
    "undefined",
    "constructor",
    "__proto__",
)
LONE = "half a character: \ud83d"
"""No reader of ours lets such text in; the page would not fall over it."""

SEEDS = (*MARKUP, *MARKS)
NAMES = tuple(f"{seed}{number // len(SEEDS) or ''}" for number, seed in enumerate(islice(cycle(SEEDS), 600)))


def vm(number: int) -> VirtualMachine:
    """A machine all of whose texts are hostile, as a server that lies would tell of it."""
    name, other = NAMES[number], NAMES[(number * 7 + 3) % len(NAMES)]
    arm_id = f"/subscriptions/{SUB}/resourceGroups/{other}/providers/Microsoft.Compute/virtualMachines/{name}"
    return replace(
        machine("x"),
        id=arm_id,
        key=fold(arm_id),
        vm_id=str(number),
        name=name,
        resource_group=other,
        tags=((name, other), (other, name)),
        os_name=other,
        os_version=name,
        storage=(name,),
    )


def board() -> Board:
    """A third of the machines is protected, by policies named like the rest."""
    usual = board_of({"documents": {"Protection all": {"select": {"names": ["*"]}}}})
    vms = [vm(number) for number in range(len(NAMES))]
    policies = {fold(name): replace(seen_policy(name), name=name) for name in NAMES[:20]}
    items = {}
    for number, one in enumerate(vms):
        if number % 3 == 0:
            held = item(one, ItemState.PROTECTED, NAMES[number % 20])
            items[one.key] = replace(held, last_recovery_point=NOW - timedelta(hours=1), last_backup_status=one.name)
    jobs = tuple(_job(number) for number in range(120))
    vault = ObservedVault(
        "rsv", VAULT_ID, exists=True, location="westeurope", policies=policies, items=items, jobs=jobs
    )
    seen = Observed(NOW, {"rsv": vault}, {one.key: one for one in vms})
    desired = usual.desired
    assert desired is not None
    planned = plan(desired, seen, brakes=Brakes())
    told = status(desired, seen)
    return _around(replace(usual, desired=desired, observed=seen, plan=planned, status=told), vms)


def _job(number: int) -> Job:
    name = NAMES[number]
    error = JobError(number, name, f"{name} {NAMES[-number]}", (name,))
    start = NOW - timedelta(minutes=number + 1)
    owner = f"iaasvmcontainerv2;{name};{name}"
    return Job(
        name, name, "Failed" if number % 2 else name, owner, name, start, NOW, (error,) if number % 2 else (), name
    )


def _around(made: Board, vms: Sequence[VirtualMachine]) -> Board:
    """The texts of a board that are of no machine."""
    assert made.plan is not None
    bad = NAMES
    problems = tuple(Problem("manifest-unknown-key", name, Span(name, 1, 2, 3), name) for name in bad[:30])
    source = SourceState(
        bad[0],
        Revision(bad[1], bad[2], NOW, bad[3], bad[4]),
        NOW,
        Rejected(Revision(bad[5], bad[6], NOW, bad[7], bad[8]), Rejection.INVALID, NOW, problems, bad[9]),
        NOW,
        LONE,
    )
    results = {
        step.id: StepResult(
            step, Failed("unclassified", AzureError(bad[n], bad[n + 1], correlation_id=bad[n + 2])), NOW
        )
        for n, step in enumerate(made.plan.steps[:100])
    }
    drifts = tuple(
        SeenDrift(
            Drift("vm-policy", "rsv", one.id, one.name, one.name, corrected=False), NOW, Change(one.name, NOW, "x")
        )
        for one in vms[:30]
    )
    return replace(
        made,
        cloud=bad[0],
        source=source,
        lease=replace(made.lease, holder=bad[2]),
        paused=f"{bad[3]} {LONE}",
        closed=bad[4],
        vaults={"rsv": VaultState("rsv", why=bad[5], trouble=bad[6], failures=3, next_due=NOW)},
        passes=(PassRecord(bad[7], NOW, NOW, bad[8], {bad[9]: 3}), PassRecord(bad[1], NOW, NOW, None, trouble=bad[2])),
        results=results,
        drifts=drifts,
    )


class Log:
    """An audit log of the same kind."""

    def audit(self, **_wanted: object) -> Sequence[AuditEntry]:
        return [self._entry(number) for number in range(50, 0, -1)]

    def head(self) -> Head:
        return Head(50, NAMES[0])

    def _entry(self, number: int) -> AuditEntry:
        name = NAMES[number]
        return AuditEntry(
            number, NOW, name, name, Event.ENDED, name, name, name, vm(number).id, name, name, 1, name, name, name,
            before={name: name}, after={name: [name, {name: name}]}, correlation_id=LONE, request_id=LONE, outcome=name,
        )  # fmt: skip


async def timeline(vault: str, _key: VmKey) -> Timeline:
    events = [
        Happened(NOW, kind, name, vault, NOW, name, "unclassified", name, name, None, name, name, n)
        for n, (name, kind) in enumerate(zip(NAMES[:90], cycle(EventKind), strict=False))
    ]
    return Timeline(tuple(events), NAMES[:5], NOW)


def manifest(_file: str) -> str:
    return "\n".join(NAMES[:20])
