"""One row of the troubleshooting table, and whom it befalls now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.diagnostics.as_json import finding_document
from reconciler.diagnostics.catalog import Row as Told
from reconciler.diagnostics.catalog import catalog
from reconciler.model.call import Json
from reconciler.model.plan import Finding
from reconciler.web.sight import Sight, cause_id


@dataclass(frozen=True, slots=True)
class Row:
    row: Told
    findings: Sequence[Finding]

    def document(self) -> dict[str, Json]:
        return {
            "code": self.row.id,
            "title": self.row.title,
            "cause": self.row.cause,
            "steps": list(self.row.remedy_steps),
            "tell_apart": self.row.tell_apart,
            "or_else": list(self.row.or_else),
            "who": self.row.who,
            "azure": list(self.row.codes),
            "numbers": list(self.row.numbers),
            "source": self.row.source,
            "verified": self.row.verified,
            "findings": [{"cause": cause_id(one), **finding_document(one)} for one in self.findings],
        }


def row(sight: Sight, code: str) -> Row:
    """`code` is one of ours."""
    return Row(catalog().row(code), [finding for finding in sight.findings if finding.code == code])
