"""Wait for what others do: for a subject to be free, and for a VM that was started to be ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.engine.close import shows
from reconciler.engine.lookout import Lookout
from reconciler.engine.run import Run
from reconciler.engine.schedule import subject_key
from reconciler.engine.under_way import under_way
from reconciler.model.ids import fold
from reconciler.model.observed import Power, VirtualMachine
from reconciler.model.outcome import Done, Failed, Outcome, Retry
from reconciler.model.plan import Plan, Step, SubjectKind

READY_SECONDS = 600.0
"""For a VM that was started to run and to show a ready agent: minutes are usual, an agent that needs more is ill."""
REST_SECONDS = 120.0
"""For a VM of which nobody knows whether it starts."""
_NOT_RUNNING = "register-vm-not-running"
_NO_AGENT = "register-agent-certificate-missing"
_AGENT_NOT_READY = "backup-extension-install-failed"


@dataclass
class Turns:
    """Of one run. `following` holds the subjects on which operations of earlier processes still run, as they end."""

    run: Run
    following: Mapping[str, str]
    lookout: Lookout | None
    _seen: dict[str, Plan] = field(default_factory=dict)
    """For each subject that was waited for: the plan once it was free."""

    def settled(self, step: Step) -> bool:
        """Whether what was waited for on the step's subject has done the step's work."""
        seen = self._seen.get(subject_key(step.subject.id))
        return seen is not None and _wanted(seen, step) is None

    async def free(self, step: Step, deadline: float, pause: float = 0.0) -> Outcome | None:
        """Wait until nothing runs on the step's subject: Done when that did its work, None when it may be sent.

        Retry when that takes beyond `deadline` (on the run's clock), or when the step has become another one.
        """
        key, later = subject_key(step.subject.id), Retry("register-item-busy", 60.0)
        while self.lookout is not None and self.run.clock.monotonic() + pause < deadline:
            look = await self.lookout.next(pause)
            pause = 0.0
            if self.run.stop():
                return later
            if key in self.following or key in under_way(look.observed):
                continue
            self._seen[key] = look.plan
            wanted = _wanted(look.plan, step)
            if wanted is None:
                work = step.subject.kind is not SubjectKind.VM or shows(step, look.observed)
                return Done() if work else later
            return None if wanted.call == step.call else later
        return later

    async def ready(self, step: Step) -> Outcome:
        """Wait for a started VM to run with a ready agent: nothing can be installed before (table A, row 3)."""
        if self.lookout is None:
            return Done()
        deadline = self.run.clock.monotonic() + min(READY_SECONDS, self.run.timeout)
        vm: VirtualMachine | None = None
        while self.run.clock.monotonic() < deadline:
            vm = (await self.lookout.next()).observed.vms.get(fold(step.subject.id))
            if vm is not None and vm.power is Power.RUNNING and vm.agent is not None and vm.agent.ready:
                return Done()
        return _unready(step, vm)

    async def at_rest(self, step: Step) -> None:
        """Wait for a VM whose start did not end as it should: it may still be on its way up, or never have begun."""
        key, deadline = fold(step.subject.id), self.run.clock.monotonic() + min(REST_SECONDS, self.run.timeout)
        before: VirtualMachine | None = None
        while self.lookout is not None and self.run.clock.monotonic() < deadline and not self.run.stop():
            vm = (await self.lookout.next()).observed.vms.get(key)
            stands = vm is not None and before is not None and vm.power is before.power
            if vm is not None and vm.power is not Power.STARTING and (stands or vm.power is Power.RUNNING):
                return
            before = vm


def _unready(step: Step, vm: VirtualMachine | None) -> Failed:
    text = f"{step.subject.name} was started"
    within = f"within {READY_SECONDS / 60:.0f} minutes"
    if vm is None or vm.power is not Power.RUNNING:
        return Failed(_NOT_RUNNING, None, f"{text} and did not run {within}.")
    if vm.agent is None:
        return Failed(_NO_AGENT, None, f"{text} and showed no VM agent {within}.")
    return Failed(_AGENT_NOT_READY, None, f"{text}, and its VM agent {vm.agent.version} was not ready {within}.")


def _wanted(plan: Plan, step: Step) -> Step | None:
    steps = (*plan.steps, *(held.step for held in plan.held))
    return next((one for one in steps if one.id == step.id), None)
