"""Ladder 6: declarations that follow one another lead to where the last one leads alone (I-3), also back (I-4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.ladders.invariants import check
from tests.ladders.ladder import Ladder, Verdict, Violation
from tests.simulation.chains import OVER, VMS, Declared, scenario
from tests.simulation.content import item_name
from tests.simulation.course import Mortality, begin, digest, settle
from tests.simulation.life import nowhere
from tests.simulation.story import Story

_PROTECTED = dict.fromkeys("a" + OVER, "a") | {"b": "b"}
"""By the wish, under which policy a VM is to be."""
_CAREFUL = "careful "
"""Begins a case with tight brakes."""


class Chains(Ladder):
    number = 6
    title = "Chains"
    what = (
        "Two to five declarations of policies, wishes and consents are applied one after another, some of them "
        "reverted, some left half done by a death, some with tight brakes. The managed part must end as when only the "
        "last one is applied to the untouched vault, but for what nobody consented to take back, which the plan must "
        "show as held."
    )
    unit = "chains"
    goal = 2_000

    def cases(self, seed: int) -> Iterator[str]:
        random = Random(seed)
        while True:
            chain = [Declared.drawn(random)]
            for _ in range(random.randint(1, 4)):
                back = len(chain) > 1 and random.random() < 0.3
                chain.append(replace(chain[-2], death=None) if back else Declared.drawn(random))
            chain[-1] = replace(chain[-1], death=None)
            yield ("", _CAREFUL)[random.random() < 0.2] + "|".join(map(str, chain))

    def run(self, case: str) -> Verdict:
        chain = [Declared.parse(text) for text in case.removeprefix(_CAREFUL).split("|")]
        fresh = _alone(chain[-1])
        life = begin(scenario(chain, careful=case.startswith(_CAREFUL)), case)
        for declared in chain:
            life.desired = declared.desired()
            life.boundary = nowhere if declared.death is None else Mortality(declared.death)
            if declared.death is None:
                settle(life)
            else:
                life.apply()
        story = life.finish()
        return Verdict((*check(story), *_differ(story, fresh, chain[-1])), trace=digest(story))

    def simpler(self, case: str) -> Iterator[str]:
        """Fewer declarations, fewer deaths, fewer wishes."""
        start = _CAREFUL if case.startswith(_CAREFUL) else ""
        yield from (f"{start}{one}" for one in self._simpler(case.removeprefix(start)))

    def _simpler(self, case: str) -> Iterator[str]:
        parts = case.split("|")
        for place in range(len(parts) - 1):
            yield "|".join(parts[:place] + parts[place + 1 :])
        for place, part in enumerate(parts):
            if "!" in part:
                yield "|".join([*parts[:place], part.partition("!")[0], *parts[place + 1 :]])
        for place, part in enumerate(parts):
            one = Declared.parse(part)
            for vm in range(VMS):
                less = one.wishes[:vm] + "n" + one.wishes[vm + 1 :]
                if less != one.wishes:
                    yield "|".join([*parts[:place], str(replace(one, wishes=less)), *parts[place + 1 :]])


def _alone(last: Declared) -> Story:
    """The last declaration, applied to the untouched vault."""
    life = begin(scenario([last]), str(last))
    settle(life)
    return life.finish()


def _differ(story: Story, fresh: Story, last: Declared) -> Iterator[Violation]:
    if not (story.settled and fresh.settled):
        yield Violation("I-2", "not settled after all runs")
        return
    plan = story.passes[-1].plan
    held = {one.step.subject.name for one in plan.held} if plan is not None else set()
    yield from _items(story, fresh, last, held)
    for name in ("policy-a", "policy-b"):
        now, then = _policy(story, name), _policy(fresh, name)
        if now != then and f"rsv/{name}" not in held:
            yield Violation("I-3", f"{name} is {now}, alone it would be {then}, and nothing is held")
    now, then = _soft_delete(story), _soft_delete(fresh)
    if now < then:
        yield Violation("I-3", f"soft delete is {now}, alone it would be {then}")


def _items(story: Story, fresh: Story, last: Declared, held: set[str]) -> Iterator[Violation]:
    for number, wish in enumerate(last.wishes):
        now, then = _item(story, number), _item(fresh, number)
        if wish in _PROTECTED and then != ("Protected", f"rsv/policy-{_PROTECTED[wish]}"):
            yield Violation("I-2", f"vm-{number} is {then} when only the last declaration is applied")
        if wish in _PROTECTED and now != then and f"rg/vm-{number}" not in held:
            yield Violation("I-3", f"vm-{number} is {now}, alone it would be {then}, and nothing is held")
        if wish == "r" and now[0] == "Protected" and f"rg/vm-{number}" not in held:
            yield Violation("I-3", f"vm-{number} is still backed up though a Retirement names it")


def _item(story: Story, number: int) -> tuple[str, str]:
    item = story.end.get(item_name("rsv", f"rg/vm-{number}"))
    return (str(item[0]), str(item[1])) if isinstance(item, list) else ("none", "")


def _policy(story: Story, name: str) -> object:
    return story.end.get(f"policy rsv/{name}")


def _soft_delete(story: Story) -> list[int]:
    return sorted(story.strengths[-1].values())


LADDER = Chains()
