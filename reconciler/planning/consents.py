"""What a Consent permits: one step on one subject, for one request, until it expires (facts I-17)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

from reconciler.model.call import canonical
from reconciler.model.desired import Consent
from reconciler.model.ids import fold
from reconciler.model.past import request
from reconciler.model.plan import Step, SubjectKind
from reconciler.model.state import Risk
from reconciler.planning.situation import Situation

SHORTEN = "shorten-retention"
_SLACK = timedelta(hours=1)
"""How far the clock may be behind the latest look before nothing that expires is believed any more."""


def mark(consent: Consent) -> str:
    """What tells a Consent from one that was written anew."""
    said = [consent.name, consent.step, fold(consent.subject), consent.approver, consent.reason, str(consent.expires)]
    return hashlib.sha256(canonical(list(said)).encode()).hexdigest()[:32]


def permitted(situation: Situation, step: Step) -> Step:
    """The step with the Consent that permits it, where there is one."""
    if step.risk is not Risk.DESTRUCTIVE or _backward(situation):
        return step
    used = situation.past.consents
    found = (one for one in _about(situation, step) if used.get(mark(one), request(step)) == request(step))
    consent = next(found, None)
    return step if consent is None else replace(step, consent=mark(consent))


def shortening(situation: Situation, step: Step) -> str:
    """How to permit a step that may take recovery points away; empty where it is, or where it does not."""
    if step.risk is not Risk.DESTRUCTIVE or step.consent:
        return ""
    if _backward(situation):
        return (
            "The clock is behind the latest look, so no Consent can be told from an expired one. Set it right, or "
            "remove the journal if it is the one that is wrong."
        )
    spent = next(_about(situation, step), None)
    already = f"The Consent {spent.name!r} has permitted another change and is used up. " if spent is not None else ""
    return (
        f"{already}Recovery points may expire earlier. To permit it, commit a{' new' if already else ''} Consent with "
        f"`step: {SHORTEN}` and `subject: {_subjects(situation, step)[0]}`, an approver and an expiry date."
    )


def _about(situation: Situation, step: Step) -> Iterator[Consent]:
    """The Consents that are in force and name the step's subject, by name."""
    subjects = set(map(fold, _subjects(situation, step)))
    today = situation.observed.taken_at.astimezone(UTC).date()
    for consent in sorted(situation.desired.consents, key=lambda one: one.name):
        if consent.step == SHORTEN and today <= consent.expires and fold(consent.subject) in subjects:
            yield consent


def _subjects(situation: Situation, step: Step) -> list[str]:
    """`vault/policy`, or `vault/group/vm`; the bare name of a VM will do where only one has it."""
    if step.subject.kind is not SubjectKind.VM:
        return [step.subject.name]
    name = step.subject.name.rpartition("/")[2]
    full = f"{step.vault}/{step.subject.name}"
    return [full, f"{step.vault}/{name}"] if situation.names[fold(name)] == 1 else [full]


def _backward(situation: Situation) -> bool:
    latest = situation.past.latest
    return latest is not None and situation.observed.taken_at < latest - _SLACK
