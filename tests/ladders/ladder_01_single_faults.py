"""Ladder 1: every request of every scenario and example × every kind of fault."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from tests.ladders.invariants import check
from tests.ladders.ladder import Ladder, Verdict
from tests.simulation.course import calm, digest, requests_of, with_faults
from tests.simulation.fault import FOR_EVER, Fault
from tests.simulation.faults import fitting
from tests.simulation.requests import kind_of
from tests.simulation.scenarios import SCENARIOS, SMALL

_LARGE = "contoso"
"""Of two hundred VMs: each of its requests is one of some thirty sorts, and each sort is tried once."""


class SingleFaults(Ladder):
    number = 1
    title = "Single faults"
    what = (
        "Every request of every small world and of every example meets every kind of fault that can befall it, "
        "once, three times or for ever; once the fault is gone, six runs must lead to where the calm run led."
    )
    share = 3.0
    goal = 15_000
    seconds = 120.0

    def cases(self, seed: int) -> Iterator[str]:
        """Small worlds first, mixed: a budget that ends early has met every kind of request and every kind of fault."""
        small = [case for name in SMALL for case in cases_of(name)]
        Random(seed).shuffle(small)
        yield from small
        for name in SCENARIOS:
            if name not in SMALL:
                large = list(cases_of(name))
                Random(seed).shuffle(large)
                yield from large

    def total(self) -> int:
        return sum(len(cases_of(name)) for name in SCENARIOS)

    def run(self, case: str) -> Verdict:
        name, how, text = case.split(" ", 2)
        story = with_faults(name, [Fault.parse(text)], dry=how == "dry")
        return Verdict(check(story), trace=digest(story))

    def simpler(self, case: str) -> Iterator[str]:
        """Less often, earlier, and of a simpler kind."""
        name, how, text = case.split(" ", 2)
        fault = Fault.parse(text)
        for times in (1, 3):
            if fault.times == FOR_EVER or times < fault.times:
                yield f"{name} {how} {Fault(fault.name, fault.occurrence, fault.kind, times)}"
        if fault.occurrence > 1:
            yield f"{name} {how} {Fault(fault.name, 1, fault.kind, fault.times)}"


@cache
def cases_of(name: str) -> tuple[str, ...]:
    """Of one scenario: each request of its calm run and its dry run × each kind that fits × each number of times."""
    found: list[str] = []
    for request, count in requests_of(name).items():
        occurrences = tuple(range(1, count + 1))
        if name == _LARGE:
            occurrences = (1,) if request in _sorts(name) else ()
        for kind in fitting(request, kind_of(request)):
            for times in kind.times:
                places = occurrences if times != FOR_EVER else occurrences[:1]
                found += [f"{name} apply {Fault(request, place, kind.id, times)}" for place in places]
    dry = {exchange.name for exchange in calm(name).exchanges if calm(name).passes[exchange.process].dry}
    if name != _LARGE:
        found += [
            f"{name} dry {Fault(request, 1, kind.id, FOR_EVER)}"
            for request in sorted(dry)
            for kind in fitting(request, kind_of(request))
            if FOR_EVER in kind.times
        ]
    return tuple(found)


@cache
def _sorts(name: str) -> frozenset[str]:
    """The first request of each sort: a sort is the name without the VM, the policy and the vault."""
    first: dict[str, str] = {}
    for request in requests_of(name):
        first.setdefault(":".join(request.partition("@")[0].split(":")[:2]), request)
    return frozenset(first.values())


LADDER = SingleFaults()
