"""I-13, I-15 to I-18, I-20 to I-24, I-37: nothing is taken away unasked, and nothing foreign is touched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote, urlsplit

from reconciler.model.desired import Consent, Desired, Exemption, Pause, Protection, Retirement
from reconciler.model.ids import fold
from tests.ladders.invariants.registry import invariant
from tests.simulation.story import Exchange, Story


@invariant("I-13")
def absence(story: Story) -> Iterator[str]:
    """Backups are stopped only of a VM that a Retirement names: being left out of the YAML is no command."""
    for one in story.writes():
        if b"ProtectionStopped" in one.body and one.vm and not named(story.desired_at(one).retirements, one.vm):
            yield f"{one.name} stops the backups of a VM that no Retirement names"


@invariant("I-15")
def not_found(story: Story) -> Iterator[str]:
    """One answer that something is not there does not make a vault anew that is there."""
    for one in story.writes():
        if one.method == "PUT" and one.name.startswith("write:vault@") and one.served[:1] == [200]:
            yield f"{one.name} was sent as if to a new vault, and the vault was there"


@invariant("I-17")
def shortening(story: Story) -> Iterator[str]:
    """No retention gets shorter without a consent for just that, which has not ended and permitted nothing else yet."""
    used: dict[Consent, tuple[str, bytes]] = {}
    lost = list(story.forgotten)
    for one in story.writes():
        while lost and lost[0] < one.place:
            used, lost = {}, lost[1:]
        for what, subjects in shortened(story, one):
            given = [consent for consent in _consents(story, one) if fold(consent.subject) in map(fold, subjects)]
            sent = one.name, one.body
            good = [consent for consent in given if used.get(consent, sent) == sent]
            if not given:
                yield f"{one.name} keeps {what}, and no Consent names {subjects[0]}"
            elif not good and not _strangers(story):
                yield f"{one.name} keeps {what}, and the Consent {given[0].name} was for another change"
            elif good and sent not in {used.get(consent) for consent in good}:
                used[min(good, key=lambda consent: consent.name)] = sent


def _consents(story: Story, exchange: Exchange) -> Iterator[Consent]:
    """Those in force when the run began that sent it, by its own clock."""
    made = story.passes[exchange.process]
    for consent in made.desired.consents:
        if made.clock is None or consent.expires >= made.clock.astimezone(UTC).date():
            yield consent


def _strangers(story: Story) -> bool:
    """Whether somebody else writes with a journal of its own, and so with consents of its own."""
    return any(fault.kind == "two" for fault in story.faults)


def shortened(story: Story, exchange: Exchange) -> Iterator[tuple[str, list[str]]]:
    """What a write keeps less long than the run found it kept, and the names by which that may be allowed."""
    found, now = story.passes[exchange.process].before, exchange.before
    vault = exchange.name.rpartition("@")[2]
    body = _json(exchange.body).get("properties", {})
    if exchange.name.startswith("write:policy:"):
        name = exchange.name.partition("@")[0].split(":")[2]
        place = fold(f"{vault}/{name}")
        old = found.policies.get(place)
        if old is not None and place in found.used | now.used:
            yield from _less(old, tiers(body), [f"{vault}/{name}"])
    elif exchange.vm and isinstance(body.get("policyId"), str):
        old = found.policies.get(found.item_policy.get(fold(f"{vault}/{exchange.vm}"), ""))
        new = now.policies.get(fold(f"{vault}/{body['policyId'].rpartition('/')[2]}"))
        if old is not None and new is not None:
            bare = exchange.vm.rpartition("/")[2]
            yield from _less(old, tiers(json.loads(new)), [f"{vault}/{exchange.vm}", f"{vault}/{bare}"])


_INSTANT = "instant"
"""Snapshots: a policy that does not speak of them leaves them as they are."""


def tiers(properties: Mapping[str, Any]) -> Mapping[str, int]:
    """How much each tier keeps, in its own unit."""
    retention = properties.get("retentionPolicy", {})
    found = {_INSTANT: int(properties.get("instantRpRetentionRangeInDays") or 0)}
    for tier in ("dailySchedule", "weeklySchedule", "monthlySchedule", "yearlySchedule"):
        duration = (retention.get(tier) or {}).get("retentionDuration", {})
        found[tier] = int(duration.get("count") or 0)
    return found


def _less(old: str, after: Mapping[str, int], subjects: list[str]) -> Iterator[tuple[str, list[str]]]:
    before = tiers(json.loads(old))
    shorter = [tier for tier in before if after.get(tier, 0) < before[tier] and (tier != _INSTANT or after.get(tier))]
    if shorter:
        yield ", ".join(f"{tier} {after.get(tier, 0)} instead of {before[tier]}" for tier in shorter), subjects


@invariant("I-20")
def unmanaged(story: Story) -> Iterator[str]:
    """No VM is touched that is nobody's business, nor one of which the YAML says hands off."""
    for one in story.writes():
        if one.vm and not any(fnmatchcase(fold(one.vm), fold(ours)) for ours in story.scenario.ours):
            yield f"{one.name} is about a VM that is not ours"
        elif one.vm and story.scenario.made is not None and not (_wished(story, one) or _owed(story, one)):
            yield f"{one.name} is about a VM for which nothing is wished"


def _wished(story: Story, exchange: Exchange) -> bool:
    """Whether a Protection or a Retirement names the VM, and no Pause that is not over."""
    made = story.passes[exchange.process]
    desired: Desired = made.desired
    meant: list[Protection | Retirement] = [*desired.protections, *desired.retirements]
    pauses = [pause for pause in desired.pauses if made.clock is None or made.clock < pause.until]
    return named(meant, exchange.vm) and not named(pauses, exchange.vm)


def named(documents: Iterable[Protection | Exemption | Retirement | Pause], vm: str) -> bool:
    """Whether one of them names a VM, `group/name`."""
    group, _, name = fold(vm).partition("/")
    refs = (ref for document in documents for ref in document.virtual_machines)
    return any(
        fold(ref.name) == name and fold(ref.resource_group or ref.cloud_service or group) == group for ref in refs
    )


def _owed(story: Story, exchange: Exchange) -> bool:
    """Whether it puts back what was wished before."""
    path = unquote(urlsplit(exchange.url).path)
    return any(call.path == path for call in story.passes[exchange.process].owed)


@invariant("I-21")
def scopes(story: Story) -> Iterator[str]:
    """Every write is below a declared vault, or about a VM in the subscription of one."""
    for one in story.writes():
        path = fold(unquote(urlsplit(one.url).path))
        desired = story.desired_at(one)
        places = [f"/subscriptions/{vault.subscription_id}/" for vault in desired.vaults]
        if "@" in one.name:
            places = [
                f"/subscriptions/{vault.subscription_id}/resourcegroups/{vault.resource_group}"
                f"/providers/microsoft.recoveryservices/vaults/{vault.name}"
                for vault in desired.vaults
            ]
        if not any(f"{path}/".startswith(fold(place).rstrip("/") + "/") for place in places):
            yield f"{one.name} is outside of what is declared: {path}"


@invariant("I-22")
def recovery_points(story: Story) -> Iterator[str]:
    """No recovery point is lost."""
    before = story.points
    for made in story.passes:
        for item, points in before.items():
            lost = points - made.points.get(item, frozenset())
            if lost:
                yield f"{item} lost {len(lost)} recovery points in run {made.number}"
        before = made.points


@invariant("I-23")
def posture(story: Story) -> Iterator[str]:
    """Nothing weakens what guards a vault, and nothing is purged."""
    for before, after in zip(story.strengths, story.strengths[1:], strict=False):
        for vault, strength in before.items():
            if after.get(vault, -1) < strength:
                yield f"the soft delete of {vault} became weaker"
    for one in story.writes():
        text = fold(one.body.decode("utf-8", "replace"))
        if '"disabled"' in text or "immutabilitysettings" in text or "guardproxies" in fold(one.url):
            yield f"{one.name} weakens a guard: {text[:200]}"


@invariant("I-24")
def moves(story: Story) -> Iterator[str]:
    """Nothing is ever deleted: no change is made of a deletion and something new."""
    yield from (f"{one.name} deletes" for one in story.exchanges if one.method == "DELETE")
    yield from (f"{one.method} is none of our methods" for one in story.exchanges if one.method not in _METHODS)


_METHODS = {"GET", "PUT", "PATCH", "POST", "DELETE"}


@invariant("I-37")
def stale_reads(story: Story) -> Iterator[str]:
    """Whatever old state was read: nothing is done twice in one run, nor protected twice at all.

    A list that lags for more than five minutes makes the next run repeat what is safe to repeat, as the row says.
    """
    if "stale" not in story.traits:
        return
    seen: Counter[tuple[str, bytes, int]] = Counter()
    for one in story.writes():
        if one.accepted and one.vm and ":item:" in one.name:
            known = fold(f"{one.name.rpartition('@')[2]}/{one.vm}") in one.before.item_policy
            seen[one.name, one.body, one.process if known else -1] += 1
    for (name, _, _), times in seen.items():
        if times > 1 + story.harm:
            yield f"{name} took effect {times} times because an old state was read"


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
