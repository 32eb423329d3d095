"""A plan with one of everything, built by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from reconciler.model.call import Call, Json
from reconciler.model.outcome import AzureError, Done, Failed, Operation, Outcome, Pending, Retry, Skipped
from reconciler.model.plan import (
    Basis,
    Coverage,
    Finding,
    Held,
    Plan,
    Quiet,
    RecoveryPoints,
    Seen,
    Severity,
    Step,
    Subject,
    SubjectKind,
)
from reconciler.model.span import NOWHERE, Span
from reconciler.model.state import Risk

SYMBOLS = {
    "create-vault": "+",
    "create-policy": "+",
    "update-policy": "~",
    "discover": "?",
    "register": "+",
    "protect": "+",
    "change-policy": "~",
    "stop": "=",
    "resume": "^",
}
VAULT = "rsv-prod-weu"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups"


def vm(name: str, group: str = "rg-web") -> Subject:
    arm_id = f"{GROUP}/{group}/providers/Microsoft.Compute/virtualMachines/{name}"
    return Subject(SubjectKind.VM, f"{group}/{name}", arm_id)


def step(
    action: str,
    subject: Subject,
    reason: str,
    *,
    before: Mapping[str, Json] | None = None,
    after: Mapping[str, Json] | None = None,
    policy: str = "",
    risk: Risk = Risk.SAFE,
    points: RecoveryPoints = RecoveryPoints.KEEPS,
    source: Span = NOWHERE,
    depends_on: tuple[str, ...] = (),
    predicted: tuple[str, ...] = (),
) -> Step:
    return Step(
        id=f"{action}:{VAULT}/{subject.name}",
        action=action,
        vault=VAULT,
        subject=subject,
        reason=reason,
        source=source,
        call=Call("PUT", subject.id, "2024-04-01"),
        before=before or {},
        after=after or {},
        risk=risk,
        recovery_points=points,
        depends_on=depends_on,
        predicted=predicted,
        policy=policy,
    )


THE_VAULT = Subject(SubjectKind.VAULT, VAULT, f"{GROUP}/rg-backup/providers/Microsoft.RecoveryServices/vaults/{VAULT}")
WEB = [vm(f"web-{number:02}") for number in range(1, 13)]
DISCOVER = step(
    "discover",
    THE_VAULT,
    "not-discovered",
    before={"undiscovered": 12},
    after={"discovered": 12},
    source=Span("vaults.yaml", 1, 1, 2),
)
REGISTER = [
    step(
        "register",
        one,
        "not-protected",
        policy="daily-30d",
        source=Span("web.yaml", 5, 7, 12),
        depends_on=(DISCOVER.id,),
    )
    for one in WEB
]
PROTECT = [
    step(
        "protect",
        one,
        "not-protected",
        before={"state": "discovered"},
        after={"policy": "daily-30d", "state": "protected"},
        policy="daily-30d",
        source=Span("web.yaml", 5, 7, 12),
        depends_on=(REGISTER[place].id,),
    )
    for place, one in enumerate(WEB)
]
MOVE = step(
    "change-policy",
    vm("db-01", "rg-db"),
    "drifted",
    before={"policy": "daily-7d", "state": "drifted"},
    after={"policy": "daily-30d", "state": "protected"},
    policy="daily-30d",
    source=Span("db.yaml", 9, 5, 30),
)
STOP = step(
    "stop",
    vm("old-01", "rg-old"),
    "retired",
    before={"state": "protected"},
    after={"state": "stopped"},
    risk=Risk.PAUSING,
    source=Span("retired.yaml", 6, 7, 20),
)
SHORTEN = step(
    "update-policy",
    Subject(SubjectKind.POLICY, "weekly-4w", f"{THE_VAULT.id}/backupPolicies/weekly-4w"),
    "outdated",
    before={"retention": {"weekly": "12 weeks"}, "schedule": {"on": ["Sunday"]}},
    after={"retention": {"weekly": "4 weeks"}, "schedule": {"on": ["Saturday", "Sunday"]}},
    policy="weekly-4w",
    risk=Risk.DESTRUCTIVE,
    points=RecoveryPoints.EXPIRES,
    source=Span("policies.yaml", 20, 3, 9),
)
HOW = "write a Consent with `step: shorten-retention` and `subject: rsv-prod-weu/weekly-4w`, and let it be reviewed"
FINDINGS = (
    Finding("vault-full", Severity.INFO, (VAULT,), "990 of 1000 places are taken.", vault=VAULT, basis=Basis.RULE),
    Finding(
        "register-vm-not-running",
        Severity.ERROR,
        (vm("web-14").id,),
        source=Span("web.yaml", 5, 7, 12),
        vault=VAULT,
    ),
    Finding("register-vm-not-running", Severity.ERROR, (vm("web-13").id,), vault=VAULT),
    Finding(
        "vm-held-by-another-vault",
        Severity.WARNING,
        (vm("db-02", "rg-db").id,),
        "The vault rsv-old-weu in rg-backup holds it.",
        basis=Basis.AZURE,
        vault=VAULT,
    ),
)
PLAN = Plan(
    taken_at=datetime(2026, 11, 23, 22, 0, 5, tzinfo=UTC),
    complete=True,
    config_digest="sha256:c0ffee",
    revision="1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d",
    files=3,
    steps=(DISCOVER, *REGISTER, *PROTECT, MOVE, STOP),
    held=(Held(SHORTEN, "shorten-retention", HOW),),
    quiet=(
        *(Quiet(vm(f"app-{number:03}", "rg-app"), "protected", Span("app.yaml", 4, 3, 9)) for number in range(1, 413)),
        Quiet(vm("tmp-01", "rg-tmp"), "exempt"),
    ),
    findings=FINDINGS,
    coverage=Coverage(430, 412, 13, 1, (vm("lost-01").id, vm("lost-02").id), required=True),
    digest="sha256:beef",
    seen=Seen(431, 413, 1),
)
BUSY = AzureError("BMSUserErrorObjectLocked", "Another operation is in progress.", 409, 0, "5f1c-busy")
OFFLINE = AzureError("VMNotInRunningStateUserError", "The VM is not running.", 0, 380008, "5f1c-offline")
OUTCOMES: dict[str, Outcome] = {
    DISCOVER.id: Done(),
    **{one.id: Done() for one in REGISTER[:8]},
    **{one.id: Failed("register-vm-not-running", OFFLINE, OFFLINE.message) for one in REGISTER[8:10]},
    REGISTER[10].id: Retry("register-item-busy", 60.0, BUSY),
    REGISTER[11].id: Pending(Operation("https://management.example/op", "location")),
    **{one.id: Done(job_id="job") for one in PROTECT[:8]},
    **{one.id: Skipped(REGISTER[8 + place].id) for place, one in enumerate(PROTECT[8:])},
    MOVE.id: Done(),
    STOP.id: Failed("internal-error", None, "KeyError in the engine"),
}
NOTHING = Plan(
    datetime(2026, 11, 23, 22, 0, tzinfo=UTC), complete=True, config_digest="sha256:0", revision=None, files=1
)
