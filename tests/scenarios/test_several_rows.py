"""The service answers what two rows of the table explain: wherever a person or a program looks, both are there."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.clocks import VirtualClock
from reconciler.diagnostics.as_json import plan_json
from reconciler.diagnostics.plan_text import render_plan
from reconciler.diagnostics.status_text import render_status
from reconciler.interruption import Interruption
from reconciler.manifests.load import load_texts
from reconciler.model.board import Board, LeaseState, Role, SourceState, StepResult
from reconciler.model.status import Status
from reconciler.rehearsal.script import read
from reconciler.settings import Settings
from reconciler.vaultserver import estate, faults
from reconciler.vaultserver.portal import find_vm
from reconciler.vaultserver.world import World
from reconciler.web.app import create_app
from tests.unit.engine.virtual import Silence
from tests.unit.web.asking import ask, daemon_of

SILENT, ALSO = "UserErrorGuestAgentStatusUnavailable", ["register-agent-install-timeout"]
TIE, BOTH = "RSVaultUpdateErrorConflictingOperationInProgress", ["register-item-busy", "vault-busy"]
SETTINGS = Settings(files=(), cloud=app.EMBEDDED)


class Site:
    """The full vault of today's service: one machine that nothing is wrong with, and others that facts tell about."""

    def __init__(self, folder: Path) -> None:
        scenario = read(Path(__file__).with_name("current-service.yaml"))
        desired = load_texts({"backup.yaml": scenario.manifests.encode()}).desired
        assert desired is not None
        self.desired, self.world = desired, World()
        estate.load(self.world, scenario.estate)
        clock, journal = VirtualClock(self.world), str(folder / "journal.db")
        self.place = app.Place(app.EMBEDDED, "a test", clock, journal, self.world)

    def apply(self) -> app.Report:
        return asyncio.run(app.apply(self.desired, self.place, SETTINGS, Silence(), Interruption()))

    def look(self) -> app.Report:
        return asyncio.run(app.plan_only(self.desired, self.place, SETTINGS, Silence()))

    def status(self) -> Status:
        return asyncio.run(app.status(self.desired, self.place, SETTINGS))

    def page(self, report: app.Report, path: str) -> str:
        """What a reader reads there."""
        plan, outcomes, at = report.plan, report.outcomes or {}, report.plan.taken_at
        results = {step.id: StepResult(step, outcomes[step.id], at) for step in plan.steps if step.id in outcomes}
        board = Board("embedded", "1", at, at, 300, 900, SourceState("backup/"), LeaseState(Role.LEADER), plan=plan)
        made = replace(board, results=results, status=self.status())
        answer = asyncio.run(ask(create_app(daemon_of(made)), path))
        assert answer.status == 200
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.world.close()


def human(report: app.Report) -> str:
    page = render_plan(report.plan, cloud="embedded", symbols={}, outcomes=report.outcomes, width=110)
    return " ".join(page.plain.split())


def document(report: app.Report) -> Any:
    return json.loads(plan_json(report.plan, cloud="embedded", outcomes=report.outcomes))


def test_a_refusal_of_two_meanings_is_shown_with_both(site: Site) -> None:
    faults.inject(site.world, operation="ConfigureBackup", vm="well-01", code=SILENT, message="No answer.")
    seen = site.apply()
    line = "Can also be: register-agent-install-timeout (The agent could not be installed in time). Told apart by: The "
    assert human(seen).count(line) == 1
    told = {one["subject"]["name"]: one["or_else"] for one in document(seen)["steps"] if "or_else" in one}
    assert told == {"rg/well-01": ALSO}, "what observed facts decide is no question"
    line = "Can also be: The agent could not be installed in time register-agent-install-timeout Told apart by: The "
    for path in ("/findings", f"/vm?id={find_vm(site.world, 'well-01').id}"):
        assert line in site.page(seen, path)


def test_a_backup_that_two_rows_explain_is_shown_with_both(site: Site) -> None:
    site.apply()
    faults.inject(site.world, operation="Backup", vm="well-01", code=TIE, message="It did not work.")
    site.world.advance(timedelta(days=1))
    seen, status = site.look(), site.status()
    [found] = [one for one in seen.plan.findings if one.or_else]
    assert (found.code, list(found.or_else)) == ("unclassified", BOTH)
    assert [one["or_else"] for one in document(seen)["findings"] if "or_else" in one] == [BOTH]
    vm, vault = "Another operation is running on this VM", "Another change of the vault is running"
    line = f"Can be: register-item-busy ({vm}); vault-busy ({vault})."
    assert line in human(seen)
    shown = " ".join(render_status(status, cloud="embedded", failed=True).plain.split())
    assert shown.count(line) == len(["the finding", "the failed job"])
    line = f"Can be: {vm} register-item-busy ; {vault} vault-busy"
    for path in ("/findings", "/jobs", f"/vm?id={found.subjects[0]}"):
        assert line in site.page(seen, path)
