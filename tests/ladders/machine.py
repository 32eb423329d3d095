"""A machine of what may happen in any order: people edit and revert, others are at work, processes die, clocks jump."""

from __future__ import annotations

from random import Random

from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from reconciler.vaultserver import portal
from reconciler.vaultserver.records import VmRecord
from tests.ladders.courses import patient
from tests.ladders.invariants import check
from tests.ladders.invariants.sending import sent_after
from tests.ladders.ladder import Violation
from tests.simulation.chains import CONSENTS, LENGTHS, VMS, WORDS, Declared, scenario
from tests.simulation.content import item_name
from tests.simulation.course import Mortality, begin, known, settle
from tests.simulation.fault import Fault
from tests.simulation.faults import Breaking, fitting
from tests.simulation.life import nowhere
from tests.simulation.requests import kind_of
from tests.simulation.wire import Straight

STEPS = 14
_DAY = 24 * 3600.0
_JUMPS = (-3650 * _DAY, -_DAY, -3600.0, 0.0, 3600.0, 200 * _DAY)
"""Seconds by which the engine's wall clock is wrong from then on."""
_LISTS = ("items", "policies", "containers", "protectable", "jobs", "jobs-running")
REQUESTS = (
    *(f"list:{name}@rsv" for name in _LISTS),
    "list:vms@01",
    "list:vms-status@01",
    "read:vault@rsv",
    "read:config@rsv",
    *(f"write:policy:policy-{word}@rsv" for word in "ab"),
    *(f"{kind}:item:rg/vm-{number}@rsv" for kind in ("write", "poll") for number in range(VMS)),
    *(f"check:held:rg/vm-{number}" for number in range(VMS)),
    "write:discover@rsv",
    "poll:discover@rsv",
)
DECLARED = st.builds(
    Declared,
    st.sampled_from(LENGTHS),
    st.sampled_from(LENGTHS),
    st.text(WORDS, min_size=VMS, max_size=VMS),
    st.sampled_from(CONSENTS),
    st.integers(0, 2),
)
VM = st.integers(0, VMS - 1)


class World(RuleBasedStateMachine):
    """One vault, three VMs, one journal, and everybody who may have a hand in it."""

    @initialize(first=DECLARED, careful=st.booleans())
    def begin(self, first: Declared, careful: bool) -> None:
        self.history = [first]
        self.life = begin(scenario([first], careful=careful), str(first))
        self.world = self.life.universe.world

    @rule(declared=DECLARED)
    def edit(self, declared: Declared) -> None:
        self.history.append(declared)
        self.life.desired = declared.desired()

    @rule()
    def revert(self) -> None:
        self.edit(self.history[-2] if len(self.history) > 1 else self.history[0])

    @rule()
    def run(self) -> None:
        self.life.apply()

    @rule()
    def look(self) -> None:
        self.life.dry_run()

    @rule(moment=st.integers(0, 130))
    def die(self, moment: int) -> None:
        self.life.boundary = Mortality(moment)
        self.life.apply()
        self.life.boundary = nowhere

    @rule(request=st.sampled_from(REQUESTS), number=st.integers(0, 99), times=st.integers(0, 2))
    def suffer(self, request: str, number: int, times: int) -> None:
        """A fault of the catalogue meets the next request of a kind, and is gone after the run."""
        kinds = [one for one in fitting(request, kind_of(request)) if "gone" not in one.traits]
        kind = kinds[number % len(kinds)]
        fault = known(Fault(request, 1, kind.id, kind.times[times % len(kind.times)]))
        self.life.story.faults = (*self.life.story.faults, fault)
        breaking = Breaking(self.life.universe, self.life.story, [fault], Random(number))
        self.life.breaker = breaking
        self.life.apply()
        breaking.lift()
        self.life.breaker = Straight()

    @rule(minutes=st.sampled_from((1, 6, 20, 90, 1500)))
    def wait(self, minutes: int) -> None:
        self.life.wait(minutes * 60.0)

    @rule(seconds=st.sampled_from(_JUMPS))
    def jump(self, seconds: float) -> None:
        self.life.universe.clock.skew = seconds

    @rule()
    def lose_the_journal(self) -> None:
        self.life.lose_the_journal()

    @rule(moment=st.integers(0, 130))
    def lose_the_lease(self, moment: int) -> None:
        """Another process becomes the writer in the middle of a run, which then sends nothing more."""
        monotonic = self.life.universe.clock.monotonic
        journal = self.life.journal
        mine, theirs = (journal.lease(name, 30.0, monotonic) for name in ("mine", "theirs"))
        self.life.epoch = mine.take().epoch
        counting = Mortality()
        taken: list[int] = []

        def boundary(name: str) -> None:
            counting(name)
            if len(counting.moments) == moment + 1 and not name.startswith(("inside", "before", "after int")):
                mine.give_back()
                taken.append(theirs.take().epoch)
                taken.append(self.life.story.place())

        self.life.boundary = boundary
        made = self.life.apply()
        self.life.boundary = nowhere
        if taken:
            self.life.epoch = taken[0]
            late = sent_after(self.life.story, taken[1], made.number)
            assert late == [], f"I-33: {late[0].name} was sent after another process had become the writer"
        theirs.give_back()
        self.life.epoch = 0

    @rule(vm=VM, what=st.sampled_from(("stop", "policy-a", "policy-b", "delete", "undelete", "back up", "protect")))
    def click(self, vm: int, what: str) -> None:
        """Somebody does something in the portal."""
        try:
            self._click(f"vm-{vm}", what)
        except LookupError:
            return
        self.life.story.harm += 1

    def _click(self, name: str, what: str) -> None:
        match what:
            case "stop":
                portal.stop(self.world, name)
            case "delete":
                portal.delete_data(self.world, name)
            case "undelete":
                if portal.find_item(self.world, name).deleted is not None:
                    portal.undelete(self.world, name)
            case "back up":
                portal.back_up(self.world, name)
            case "protect":
                if all(item.friendly_name != name for item in self.world.items()):
                    portal.protect(self.world, name, "rsv")
            case policy:
                if portal.find_item(self.world, name).deleted is None:
                    portal.change_policy(self.world, name, policy)

    @rule(vm=VM)
    def make_anew(self, vm: int) -> None:
        arm_id = self._vm(vm).id
        portal.delete_vm(self.world, arm_id)
        portal.recreate_vm(self.world, arm_id)
        self.life.story.harm += 1

    @rule(vm=VM, power=st.sampled_from(("running", "deallocated")))
    def switch(self, vm: int, power: str) -> None:
        self.world.set_vm(self._vm(vm).id, "power", power)

    def _vm(self, number: int) -> VmRecord:
        return portal.find_vm(self.world, f"vm-{number}")

    def teardown(self) -> None:
        """Everybody goes home; the runs that follow must bring about what was declared last, or say why not."""
        if not hasattr(self, "life"):
            return
        settle(self.life)
        story = self.life.finish()
        broken = [str(violation) for violation in (*check(story), *_undone(self))]
        assert broken == [], "\n".join(broken)


def _undone(machine: World) -> list[Violation]:
    """What is neither done nor told to be held."""
    story, last = machine.life.story, machine.history[-1]
    plan = story.passes[-1].plan
    if not story.settled or plan is None:
        return [Violation("I-2", "not settled after all runs")]
    told = {one.step.subject.name for one in plan.held} | {step.subject.name for step in plan.steps}
    told |= {plan_name for finding in plan.findings for subject in finding.subjects for plan_name in [_label(subject)]}
    found: list[Violation] = []
    for number, wish in enumerate(last.wishes):
        name = f"rg/vm-{number}"
        now = story.end.get(item_name("rsv", name))
        right = isinstance(now, list) and now[0] == "Protected" and str(now[1]).endswith(f"policy-{wish}")
        if wish in "ab" and not right and name not in told:
            found.append(Violation("I-2", f"{name} is {now}, policy-{wish} is wished, and nothing is said about it"))
        if wish == "r" and isinstance(now, list) and now[0] == "Protected" and name not in told:
            found.append(Violation("I-2", f"{name} is backed up, and a Retirement names it"))
    return found


def _label(arm_id: str) -> str:
    parts = arm_id.split("/")
    return f"{parts[4]}/{parts[-1]}" if len(parts) > 4 else arm_id


def run_machine(start: int, examples: int, *, shrink: bool) -> None:
    """Run the machine from a seed; AssertionError with a course of events that breaks something."""
    seeded = seed(start)(type("SeededWorld", (World,), {}))
    run_state_machine_as_test(seeded, settings=patient(examples, shrink=shrink, stateful_step_count=STEPS))
