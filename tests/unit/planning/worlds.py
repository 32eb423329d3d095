"""Whole worlds from the case files: documents as people write them, and what Azure shows beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from reconciler.manifests.load import load_texts
from reconciler.model.backup_rules import Tier
from reconciler.model.desired import Desired, OsType, SoftDeleteState
from reconciler.model.ids import fold, vault_path
from reconciler.model.observed import (
    Agent,
    Check,
    Gap,
    Job,
    Observed,
    ObservedPolicy,
    ObservedVault,
    Power,
    ProtectedItem,
    Sizes,
    VirtualMachine,
)
from reconciler.model.past import Past, request
from reconciler.model.plan import Plan
from reconciler.model.state import ItemState
from reconciler.planning import Brakes, plan, remembered
from reconciler.planning.absence import APART
from reconciler.planning.consents import mark
from tests.unit.planning.making import NOW, SUB, item, machine, rules, seen_policy

FOLDER = Path(__file__).parents[2] / "cases"
Case = Mapping[str, Any]
WORLDS: dict[str, Case] = {
    f"{path.stem.removeprefix('planning-')}: {name}": case
    for path in sorted(FOLDER.glob("planning-*.yaml"))
    for name, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}
_VAULT = {"subscriptionId": SUB, "resourceGroup": "rg-backup", "location": "westeurope"}
_POLICY = {
    "vaults": ["rsv"],
    "schedule": {"every": "day", "at": "22:00", "timeZone": "UTC"},
    "retention": {"daily": "30 days"},
}
_DEFAULTS: dict[str, dict[str, Any]] = {"Vault": _VAULT, "BackupPolicy": _POLICY}
_OWNED = {
    "Exemption": {"reason": "test", "owner": "me", "expires": "2027-01-01"},
    "Retirement": {"reason": "test", "owner": "me"},
    "Pause": {"reason": "test", "owner": "me", "until": "2027-01-01T00:00:00Z"},
    "Consent": {"reason": "test", "approver": "boss", "expires": "2027-01-01"},
}


def plan_of(case: Case) -> Plan:
    """What is not there was looked for twice, unless the case says `looks: 1`."""
    sizes, brakes, seen = case.get("previous"), case.get("brakes", {}), observed(case)
    past = Past(sizes=Sizes(**sizes) if sizes else None)
    for number in range(int(case.get("looks", 2)), 0, -1):
        at = seen.taken_at - (number - 1) * APART
        past = remembered(desired(case), replace(seen, taken_at=at), past)
    limits = Brakes(**brakes | {"gone": frozenset(map(fold, brakes.get("gone", ())))})
    targets = frozenset(case.get("targets", ()))
    made = plan(desired(case), seen, brakes=limits, past=past, targets=targets)
    before = {step.id: request(step) for step in (*made.steps, *(held.step for held in made.held))}
    mended = {before[name]: tuple(map(datetime.fromisoformat, times)) for name, times in case.get("mended", {}).items()}
    used = {mark(one): case["used"] for one in desired(case).consents if "used" in case}
    past = replace(past, mended=mended, consents=used, latest=_moment(case.get("latest")) or past.latest)
    return plan(desired(case), seen, brakes=limits, past=past, targets=targets)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def desired(case: Case) -> Desired:
    """`documents` maps `Kind name` to a spec; the vault `rsv` and the policy `daily` are there in any case."""
    given = {"Vault rsv": {}, "BackupPolicy daily": {}, **case.get("documents", {})}
    texts = {f"{name}.yaml": json.dumps(_document(name, spec)).encode() for name, spec in given.items()}
    loaded = load_texts(texts)
    assert loaded.desired is not None, [one.message for one in loaded.diagnostics]
    gone = {fold(name) for name in case.get("undeclared", ())}
    kept = tuple(policy for policy in loaded.desired.policies if fold(policy.name) not in gone)
    return replace(loaded.desired, policies=kept)


def _document(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, called = name.partition(" ")
    base = _DEFAULTS.get(kind, {"vault": "rsv"} if kind != "Consent" else {})
    policy = {"policy": "daily"} if kind == "Protection" else {}
    full = {**base, **policy, **_OWNED.get(kind, {}), **spec}
    return {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": called}, "spec": full}


def observed(case: Case) -> Observed:
    """`vms` maps `group/name` to facts; a VM without an item is listed by the vault unless it is `unknown`."""
    facts = {label: given or {} for label, given in case.get("vms", {}).items()}
    vms = {label: vm(label, given) for label, given in facts.items()}
    content = {name: _vault(name, given or {}) for name, given in {"rsv": {}, **case.get("vaults", {})}.items()}
    checks = {}
    for label, given in facts.items():
        name, one = given.get("in", "rsv"), vms[label]
        there = content[name]
        if "item" in given:
            content[name] = replace(there, items={**there.items, one.key: _item(one, given)})
        elif not given.get("unknown"):
            content[name] = replace(there, discovered=there.discovered | {one.key})
        if "job" in given:
            owner = f"iaasvmcontainerv2;{one.resource_group};{one.name}"
            running = Job("job-1", given["job"], "InProgress", fold(owner), one.name)
            content[name] = replace(content[name], jobs=(*content[name].jobs, running))
        if "check" in given:
            checks["rsv", one.key] = Check(**given["check"])
    seen = {one.key: one for label, one in vms.items() if not facts[label].get("gone")}
    gaps = tuple(Gap(**gap) for gap in case.get("gaps", ()))
    unseen = case.get("unseen", ())
    left = {name: there for name, there in content.items() if name not in unseen}
    now = datetime.fromisoformat(case.get("now", NOW.isoformat()))
    return Observed(now, left, seen, checks=checks, gaps=gaps)


def vm(label: str, given: Case) -> VirtualMachine:
    group, _, name = label.partition("/")
    plain = machine(name, group)
    if given.get("classic"):
        arm_id = plain.id.replace("Microsoft.Compute", "Microsoft.ClassicCompute")
        plain = replace(plain, id=arm_id, key=fold(arm_id), classic=True, cloud_service=given["classic"])
    agent = given.get("agent", {"version": "2.9.1.1", "ready": True})
    return replace(
        plain,
        tags=tuple(sorted(given.get("tags", {}).items())),
        os=OsType(given.get("os", "Linux")),
        os_name=given.get("osName", ""),
        location=given.get("location", "westeurope"),
        power=Power(given.get("power", "running")),
        agent=Agent(**agent) if agent else None,
        data_disks=given.get("dataDisks", 0),
        storage=tuple(given.get("storage", ())),
        nics=given.get("nics", 1),
        load_balanced=given.get("loadBalanced"),
        provisioning_state=given.get("provisioning", "Succeeded"),
        created=_moment(given.get("created")),
    )


def _item(one: VirtualMachine, given: Case) -> ProtectedItem:
    deleted = given["item"] == "deleted"
    state = ItemState.PROTECTION_STOPPED if deleted else ItemState(given["item"])
    made = item(one, state, given.get("policy", "daily"), deleted=deleted)
    point = _moment(given.get("lastPoint"))
    return replace(made, last_backup_status=given.get("lastBackup", ""), last_recovery_point=point)


def _policy(name: str, said: int | Case) -> ObservedPolicy:
    if isinstance(said, int):
        return seen_policy(name, said)
    return replace(seen_policy(name), rules=rules(said["days"], tier=Tier(said["tier"])))


def _vault(name: str, given: Case) -> ObservedVault:
    policies = [_policy(called, said) for called, said in given.get("policies", {"daily": 30}).items()]
    strength = given.get("softDelete")
    return ObservedVault(
        name,
        vault_path(SUB, "rg-backup", name),
        exists=given.get("exists", True),
        location=given.get("location", "westeurope"),
        redundancy=given.get("redundancy", ""),
        soft_delete=SoftDeleteState(strength) if strength else None,
        soft_delete_retention=given.get("softDeleteDays"),
        immutability=given.get("immutability", ""),
        guarded=given.get("guarded", False),
        policies={fold(one.name): one for one in policies},
        items={one.key: item(one) for one in (machine(f"old-{n}", "rg-old") for n in range(given.get("filled", 0)))},
    )
