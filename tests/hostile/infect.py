"""Puts a text wherever Azure, Git or the YAML could have put it into what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.model.audit import AuditEntry
from reconciler.model.observed import Gap, Job, JobError
from reconciler.model.outcome import AzureError, Failed, Retry, Skipped
from reconciler.model.plan import Coverage, Finding, Held, Plan, Quiet, Step, Subject
from reconciler.model.span import Span
from reconciler.model.status import JobStatus, NextBackup, VaultStatus, VmStatus
from reconciler.model.trace import Condition, Considered, Decision, Trace
from reconciler.notices.cause import Cause

FOREIGN: Mapping[type, frozenset[str]] = {
    AuditEntry: frozenset(
        {"vault", "subject_name", "subject_id", "revision", "actor", "path", "correlation_id", "request_id", "before"}
    ),
    AzureError: frozenset({"code", "message", "correlation_id"}),
    Cause: frozenset({"vault", "subject", "text"}),
    Condition: frozenset({"wanted", "found"}),
    Considered: frozenset({"name", "vault", "rival", "policy", "note"}),
    Coverage: frozenset({"uncovered"}),
    Decision: frozenset({"vault", "policy"}),
    Diagnostic: frozenset({"message", "help"}),
    Failed: frozenset({"message"}),
    Finding: frozenset({"message", "subjects", "vault"}),
    Gap: frozenset({"scope", "reason", "vault"}),
    Held: frozenset({"how"}),
    Job: frozenset({"id", "operation", "status", "container", "vm_name", "activity_id"}),
    JobError: frozenset({"title", "message", "recommendations"}),
    JobStatus: frozenset({"vault", "label"}),
    NextBackup: frozenset({"zone"}),
    Note: frozenset({"text"}),
    Plan: frozenset({"revision"}),
    Quiet: frozenset({"vault"}),
    Retry: frozenset({"message"}),
    Skipped: frozenset({"because"}),
    Span: frozenset({"file"}),
    Step: frozenset({"vault", "policy", "before", "after"}),
    Subject: frozenset({"name"}),
    Trace: frozenset({"label"}),
    VaultStatus: frozenset({"name"}),
    VmStatus: frozenset({"vault", "label", "policy", "last_backup_status"}),
}
"""The fields of each kind of value whose text is not ours."""

T = TypeVar("T")


def infected(value: T, text: str) -> T:
    """The value with `text` behind every foreign text in it; ARM ids, which are parsed before, stay as they are."""
    found: T = _walked(value, text, foreign=False)
    return found


def _walked(value: Any, text: str, *, foreign: bool) -> Any:
    match value:
        case Enum() | None | bool() | int() | float():
            return value
        case str():
            return f"{value}{text}" if foreign and value and not value.startswith("/subscriptions/") else value
        case tuple() | list():
            return type(value)(_walked(one, text, foreign=foreign) for one in value)
        case dict():
            return {name: _walked(one, text, foreign=foreign) for name, one in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            own = FOREIGN.get(type(value), frozenset())
            parts = {
                field.name: _walked(getattr(value, field.name), text, foreign=field.name in own)
                for field in fields(value)
                if field.init
            }
            return replace(value, **parts)
        case _:
            return value
