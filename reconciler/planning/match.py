"""Whether a VM is meant by a selector: every condition must hold, within one any value will do."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

from reconciler.model.desired import Selector, Tags
from reconciler.model.ids import fold
from reconciler.model.observed import VirtualMachine

Test = Callable[[VirtualMachine], bool]


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(fold(pattern)))


def matches_any(patterns: tuple[str, ...], text: str) -> bool:
    """Shell globs, ASCII letters compared without case; `*` matches everything, separators too."""
    folded = fold(text)
    return any(_glob(pattern).match(folded) for pattern in patterns)


def has_tags(vm: VirtualMachine, tags: Tags) -> bool:
    """Tag names are compared without case as Azure does, values exactly."""
    own = {fold(name): value for name, value in vm.tags}
    return all(own.get(fold(name)) in values for name, values in tags)


def meant(selector: Selector) -> Test:
    """A test for VMs, cheapest condition first; a selector without any condition means no VM at all."""
    if selector == Selector():
        return lambda _: False
    tests = _conditions(selector)
    unless = meant(selector.exclude) if selector.exclude is not None else None
    return lambda vm: all(test(vm) for test in tests) and not (unless is not None and unless(vm))


def _conditions(selector: Selector) -> list[Test]:
    tests: list[Test] = []
    if selector.os is not None:
        tests.append(lambda vm: vm.os is selector.os)
    if selector.tags:
        tests.append(lambda vm: has_tags(vm, selector.tags))
    if selector.resource_groups:
        tests.append(lambda vm: matches_any(selector.resource_groups, vm.resource_group))
    if selector.names:
        tests.append(lambda vm: matches_any(selector.names, vm.name))
    return tests
