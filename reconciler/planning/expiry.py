"""Documents that count for a while only: what has ended, and what ends soon enough to be warned of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from reconciler.model.desired import Consent, Exemption, Pause
from reconciler.model.plan import Basis, Finding, Severity
from reconciler.planning.situation import Situation

SOON = timedelta(days=14)


def endings(situation: Situation) -> Iterator[Finding]:
    """A finding for each document that has ended or will within two weeks; a consent that has ended is only history."""
    now = situation.observed.taken_at.astimezone(UTC)
    today = now.date()
    for exemption in situation.desired.exemptions:
        if exemption.expires < today:
            yield _told("exemption-expired", exemption, f"ended with {exemption.expires}")
        elif exemption.expires - today <= SOON:
            yield _told("exemption-ends-soon", exemption, f"ends with {exemption.expires}")
    for pause in situation.desired.pauses:
        if pause.until <= now:
            yield _told("pause-expired", pause, f"ended at {_moment(pause.until)}")
        elif pause.until - now <= SOON:
            yield _told("pause-ends-soon", pause, f"ends at {_moment(pause.until)}")
    for consent in situation.desired.consents:
        if today <= consent.expires and consent.expires - today <= SOON:
            yield _told("consent-ends-soon", consent, f"ends with {consent.expires}")


def _told(code: str, document: Exemption | Pause | Consent, when: str) -> Finding:
    ended = code.endswith("expired")
    owner = document.approver if isinstance(document, Consent) else document.owner
    text = f"The {type(document).__name__} {document.name!r}{'' if ended else f' of {owner}'} {when}."
    vault = document.subject.partition("/")[0] if isinstance(document, Consent) else document.vault
    severity = Severity.WARNING if ended or isinstance(document, Exemption) else Severity.INFO
    return Finding(code, severity, (document.name,), text, document.places.at("spec"), Basis.RULE, vault)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
