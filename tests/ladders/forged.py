"""Runs made up by hand, to see each predicate fail: what it cannot see broken, it does not keep."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from reconciler.azure.clouds import EMBEDDED
from reconciler.engine.reconcile import Result
from reconciler.model.call import Call
from reconciler.model.desired import Consent, Desired, Retirement, Vault, VmRef
from reconciler.model.observed import Observed
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Held, Plan, Step, Subject, SubjectKind
from reconciler.model.span import NOWHERE
from reconciler.model.state import Risk
from tests.simulation.fault import Fault
from tests.simulation.requests import name_of
from tests.simulation.scenarios import Scenario
from tests.simulation.story import Before, Exchange, Pass, Story

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-backup/providers/Microsoft.RecoveryServices/vaults/rsv"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STOP = '{"properties":{"protectionState":"ProtectionStopped"}}'
PROTECT = '{"properties":{"policyId":"/x/backupPolicies/daily"}}'
WISH = Desired(vaults=(Vault("rsv", SUBSCRIPTION, "rg-backup", "westeurope"),), digest="sha256:one", files=1)
RETIRED = replace(WISH, retirements=(Retirement("old", "rsv", (VmRef("web-1", "rg"),), "sold", "me"),))


def item(vm: str = "web-1") -> str:
    """The path of a VM's item."""
    names = f"iaasvmcontainerv2;rg;{vm}"
    return f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{names}/protectedItems/vm;{names}"


def consented(*subjects: str, day: date = date(2027, 1, 1)) -> Desired:
    given = [Consent(subject, "shorten-retention", subject, "ok", "me", day) for subject in subjects]
    return replace(WISH, consents=tuple(given))


def step(path: str, body: str | None = PROTECT, *, risk: Risk = Risk.SAFE, name: str = "protect:rsv/rg/web-1") -> Step:
    subject = Subject(SubjectKind.VM, name.partition("/")[2], path)
    return Step(name, name.partition(":")[0], "rsv", subject, "x", NOWHERE, Call("PUT", path, "v", body), risk=risk)


def plan(*steps: Step, complete: bool = True, held: tuple[Held, ...] = ()) -> Plan:
    return Plan(NOON, complete, "sha256:c", None, 1, steps=steps, held=held)


def result(made: Plan, **outcomes: Outcome) -> Result:
    return Result("run", made, outcomes, made, Observed(NOON))


@dataclass
class Forger:
    """Writes a story line by line. Each request gets an intent before it, unless told otherwise."""

    story: Story = field(default_factory=lambda: Story(Scenario("forged", ("rg/web-*",))))
    clock: float = 0.0

    def run(self, made: Plan | None = None, *, desired: Desired = WISH, **facts: Any) -> Pass:
        """A new process; what follows is its doing."""
        number = len(self.story.passes)
        one = Pass(number, self.clock, desired, plan=made, first=self.story.place(), last=10**9, ended=self.clock)
        for name, value in facts.items():
            setattr(one, name, value)
        if self.story.passes:
            self.story.passes[-1].last = one.first
        self.story.passes.append(one)
        return one

    def send(self, method: str, path: str, body: str = "", *, intent: bool = True, **facts: Any) -> Exchange:
        """A request of the latest process, answered with 200 unless told otherwise."""
        url = path if "://" in path else f"{EMBEDDED.origin}{path}?api-version=v"
        number = len(self.story.exchanges)
        process = self.story.passes[-1].number
        if method != "GET":
            self.story.audited.add((f"c{number}", method, path))
        if intent and method != "GET":
            self.note("intend", f"step-{number}", f"c{number}", Call("PUT", path, "v", body))
        headers = {"x-ms-client-request-id": f"c{number}"}
        name = name_of(method, url, body.encode())
        made = self.story.begin(process, self.clock, method, url, name, headers, body.encode())
        made.served, made.status, made.ended = [200], 200, self.clock
        made.reply = b'{"id":"/x","value":[]}'
        for fact, value in facts.items():
            setattr(made, fact, value)
        return made

    def note(self, what: str, step_id: str, correlation_id: str = "", call: Call | None = None) -> None:
        self.story.note(self.story.passes[-1].number, what, "run", step_id, correlation_id, call)

    def accept(self) -> str:
        """A new process, the vault accepts what it sends, and the journal knows; the address of the operation."""
        self.run()
        url = f"{EMBEDDED.origin}{item()}/operationsStatus/1"
        self.send("PUT", item(), PROTECT, status=202, served=[202], answer={"Azure-AsyncOperation": url})
        self.note("pending", "step-0")
        return url

    def suffer(self, kind: str, *traits: str, name: str = "list:items@rsv") -> None:
        self.story.faults = (*self.story.faults, Fault(name, 1, kind, traits=frozenset(traits)))


def keeps(days: int) -> str:
    """The properties of a policy, as JSON."""
    return (
        '{"instantRpRetentionRangeInDays":2,"retentionPolicy":{"dailySchedule":{"retentionDuration":'
        f'{{"count":{days},"durationType":"Days"}}}}}}}}'
    )


def policies(vm_is_on: str, **days: int) -> Before:
    """What a vault holds: these policies, and one VM on one of them."""
    found = {f"rsv/{name}": keeps(number) for name, number in days.items()}
    return Before(found, {"rsv/rg/web-1": f"rsv/{vm_is_on}"})
