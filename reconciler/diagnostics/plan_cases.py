"""A plan as tests: each VM, policy and vault that it speaks of, and each check, with how it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.diagnostics.as_json import NOT_REACHED
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.finding_words import of
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.plan_words import quiet_words, sorted_findings
from reconciler.diagnostics.sheet import Case, Verdict
from reconciler.diagnostics.subject_names import is_vm, vm_label
from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError, Done, Failed, Outcome, Pending, Retry, Skipped
from reconciler.model.plan import Finding, Plan, Quiet, Severity, Step, SubjectKind
from reconciler.model.span import NOWHERE, Span

_AS_IT_SHOULD_BE = frozenset({"protected", "protected-initial-backup-pending", "stopped"})
"""Why nothing is to be done where all is well; every other reason proves nothing."""
_NO_VAULT = "no vault"


def plan_cases(plan: Plan, outcomes: Mapping[str, Outcome] | None, language: Language) -> list[Case]:
    """In the order of vaults, kinds and names. With `outcomes` (by step id) those of the result of an apply."""
    book = Book(language)
    book.findings(plan.findings)
    for held in plan.held:
        book.of_step(held.step).faults.append((held.guard, f"{held.step.action} is held back. {held.how}"))
    for step in plan.steps:
        book.step(step, None if outcomes is None else outcomes.get(step.id, NOT_REACHED))
    for quiet in plan.quiet:
        book.quiet(quiet)
    for subject in plan.coverage.uncovered:
        book.vm("", subject).doubts.append(("vm-uncovered", "Neither protected nor exempted."))
    return book.cases()


@dataclass
class Told:
    """What is said of one subject: faults and doubts under their codes, and good things."""

    suite: str
    kind: str
    name: str
    span: Span = NOWHERE
    faults: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    good: list[str] = field(default_factory=list)

    def case(self) -> Case:
        for verdict, reasons in ((Verdict.FAILED, self.faults), (Verdict.SKIPPED, self.doubts)):
            if reasons:
                said = tuple(dict.fromkeys([*(text for _, text in (*self.faults, *self.doubts)), *self.good]))
                return Case(self.suite, self.kind, self.name, verdict, reasons[0][0], said, self.span)
        return Case(self.suite, self.kind, self.name, Verdict.PASSED, "", tuple(dict.fromkeys(self.good)), self.span)


class Book:
    """Collects what is said, by vault and subject."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._told: dict[tuple[str, str], Told] = {}
        self._vms: defaultdict[str, list[Told]] = defaultdict(list)

    def cases(self) -> list[Case]:
        return sorted((one.case() for one in self._told.values()), key=lambda one: (one.suite, one.kind, one.name))

    def vm(self, vault: str, subject: str, span: Span = NOWHERE, name: str = "") -> Told:
        """A VM of whose vault nothing is said is the one that is spoken of already, where there is one."""
        key = fold(subject)
        known = self._vms[key]
        found = next((one for one in known if vault in {"", one.suite}), None)
        if found is None:
            found = self._told[vault, key] = Told(vault or _NO_VAULT, "vm", name or vm_label(subject), span)
            known.append(found)
        return found

    def of_step(self, step: Step) -> Told:
        if step.subject.kind is SubjectKind.VM:
            return self.vm(step.vault, step.subject.id, step.source, step.subject.name)
        name = step.subject.name.removeprefix(f"{step.vault}/")
        made = Told(step.vault, str(step.subject.kind), name, step.source)
        return self._told.setdefault((step.vault, fold(step.subject.id)), made)

    def step(self, step: Step, outcome: Outcome | None) -> None:
        one, action = self.of_step(step), step.action
        match outcome:
            case None if step.predicted:
                one.faults += [(code, f"{action} is expected to fail.") for code in step.predicted]
            case None:
                one.good.append(f"{action} is planned.")
            case Done():
                one.good.append(f"{action}: done.")
            case Failed(code, error, message):
                one.faults.append((code, _failed(f"{action} failed.", error, message)))
            case Retry(code, _, error, message):
                one.faults.append((code, _failed(f"{action} is to be retried.", error, message)))
            case Pending():
                one.doubts.append(("pending", f"{action}: Azure is still working on it."))
            case Skipped(because):
                one.doubts.append(("skipped", f"{action} was skipped: {because}."))

    def quiet(self, quiet: Quiet) -> None:
        one = self.vm(quiet.vault, quiet.subject.id, quiet.source, quiet.subject.name)
        text = f"{quiet_words(quiet.because)}.".capitalize()
        if quiet.because in _AS_IT_SHOULD_BE:
            one.good.append(text)
        else:
            one.doubts.append((quiet.because, text))

    def findings(self, findings: Iterable[Finding]) -> None:
        """An error fails a case, a warning leaves it open."""
        for finding in sorted_findings(findings):
            for one in self._of_finding(finding):
                text = of(finding.message, [one.name] if one.kind == "vm" else [], full=False)
                text = text or catalog().row(finding.code).told(self._language).title
                match finding.severity:
                    case Severity.ERROR:
                        one.faults.append((finding.code, text))
                    case Severity.WARNING:
                        one.doubts.append((finding.code, text))
                    case _:
                        one.good.append(text)

    def _of_finding(self, finding: Finding) -> list[Told]:
        """A finding about VMs is a part of their cases; any other is a check of its own."""
        vms = [subject for subject in finding.subjects if is_vm(subject)]
        if vms:
            return [self.vm(finding.vault, subject, finding.source) for subject in vms]
        about = ", ".join(finding.subjects)
        name = f"{finding.code}: {about}" if about else finding.code
        made = Told(finding.vault or _NO_VAULT, "check", name, finding.source)
        return [self._told.setdefault((finding.vault, f"{name} {finding.message}"), made)]


def _failed(what: str, error: AzureError | None, message: str) -> str:
    azure = [f"Azure: {error.code}: {error.message} (correlation id {error.correlation_id})."] if error else []
    return " ".join(filter(None, [what, message, *azure]))
