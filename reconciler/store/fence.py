"""Whether a run may still send: asked in the transaction that stores its intent."""

from __future__ import annotations

from reconciler.model.ids import fold
from reconciler.model.journal import Fence, Mandate
from reconciler.store.database import Row, Session


def refusal(session: Session, run: str, vault: str, subject_id: str, mandate: Mandate) -> Fence | None:
    """Why nothing may be sent to the subject, None when it may.

    The epoch must be the lease's own, not merely as large: a database restored from an old copy knows older ones.
    """
    [(epoch, since)] = session.run("in_force", {"vault": vault})
    if mandate.epoch and mandate.epoch != epoch:
        return Fence.LEASE_LOST
    if mandate.turn and mandate.turn < since:
        return Fence.SUPERSEDED
    subject: Row = {"run": run, "vault": vault, "subject": fold(subject_id)}
    if session.run("taken", subject):
        return Fence.TAKEN
    if mandate.seen is not None and session.run("sent_since", subject | {"seen": mandate.seen}):
        return Fence.TAKEN
    return None
