"""Which properties keep which invariant: those of whole runs, and those that the tests have anyway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from tests.ladders import around_runs, spoilt, whole_runs
from tests.ladders.courses import TELLING, Test, Try, course_property, tried

_SEEDS = 6
"""How often a property of whole runs is begun from another seed in a full run."""


@dataclass(frozen=True)
class Property:
    """Those that the tests have anyway are run once, as they are."""

    invariant: str
    name: str
    run: Try
    seeds: int = _SEEDS


def _of_runs(invariant: str, test: Test) -> Property:
    def run(start: int, examples: int, *, shrink: bool) -> None:
        tried(test, start, examples, shrink=shrink)

    return Property(invariant, test.__name__, run)


def _kept(invariant: str, module: str, name: str) -> Property:
    def run(start: int, examples: int, *, shrink: bool) -> None:
        del start, examples, shrink
        getattr(import_module(f"tests.{module}"), name)()

    return Property(invariant, f"{module}:{name}", run, seeds=1)


_ALL = (
    *(Property(number, f"courses:{number}", course_property(number)) for number in TELLING),
    _of_runs("I-3", whole_runs.ends_as_the_last_alone),
    _of_runs("I-4", whole_runs.goes_back_from_half_way),
    _of_runs("I-7", whole_runs.nobody_is_fought),
    _of_runs("I-11", whole_runs.what_was_reviewed_or_nothing),
    _of_runs("I-12", around_runs.a_plan_holds_neither_secret_nor_address),
    _of_runs("I-32", whole_runs.stopped_at_any_moment),
    _of_runs("I-33", around_runs.who_lost_the_lease_sends_nothing),
    _of_runs("I-34", around_runs.two_leaders_waste_and_do_not_harm),
    _of_runs("I-35", whole_runs.an_older_run_never_wins),
    _of_runs("I-36", around_runs.a_clock_that_jumps_takes_nothing_away),
    _of_runs("I-38", whole_runs.the_journal_may_be_lost),
    _of_runs("I-40", spoilt.what_is_doubled_or_misspelt_is_refused),
    _of_runs("I-40", spoilt.what_holds_less_than_it_seems_is_refused),
    _of_runs("I-40", spoilt.what_is_no_text_is_no_reason),
    _of_runs("I-41", spoilt.what_nobody_sees_is_refused),
    _of_runs("I-41", spoilt.a_word_stays_a_word),
    _of_runs("I-45", whole_runs.the_unseen_is_not_shown_as_protected),
    _of_runs("I-46", around_runs.alive_is_who_saw_and_planned_in_time),
    _of_runs("I-48", around_runs.an_older_journal_is_taken_over),
    _kept("I-1", "unit.planning.test_properties", "test_a_carried_out_plan_leaves_nothing_to_do"),
    _kept("I-5", "promises.test_plan_is_deterministic", "test_order_does_not_matter"),
    _kept("I-6", "promises.test_plan_is_deterministic", "test_the_time_of_the_look_is_not_in_the_digest"),
    _kept("I-10", "unit.planning.test_properties", "test_what_is_predicted_is_told"),
    _kept("I-13", "promises.test_absence_is_never_a_command", "test_an_empty_repository_does_nothing_at_all"),
    _kept("I-14", "promises.test_partial_read_removes_nothing", "test_a_gap_holds_all_that_takes_away"),
    _kept("I-16", "promises.test_partial_read_removes_nothing", "test_vms_missing_from_a_broken_list_cost_nothing"),
    _kept("I-17", "promises.test_shortened_retention_needs_consent", "test_all_pairs_of_policies"),
    _kept("I-18", "promises.test_absence_is_never_a_command", "test_only_a_retirement_stops"),
    _kept("I-19", "unit.planning.test_properties", "test_brakes_stop_before_the_first"),
    _kept("I-20", "promises.test_absence_is_never_a_command", "test_a_vm_that_nobody_names_is_not_touched"),
    _kept("I-22", "promises.test_recovery_points_are_never_deleted", "test_no_call_of_any_plan_deletes"),
    _kept("I-25", "promises.test_kill_it_at_any_moment", "test_three_deaths_some_during_the_recovery_of_others"),
    _kept("I-26", "promises.test_one_operation_per_vm", "test_no_request_meets_a_running_operation"),
    _kept("I-31", "promises.test_retry_rules", "test_no_history_brings_more_requests_than_the_rows_allow"),
    _kept("I-39", "promises.test_total_parser", "test_any_bytes"),
    _kept("I-40", "promises.test_total_parser", "test_valid_files_with_another_value"),
    _kept("I-41", "promises.test_total_parser", "test_any_text_of_yaml_signs"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_a_terminal_is_told_nothing"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_no_line_becomes_a_command"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_a_value_forges_no_pair"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_words_stay_words"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_a_table_keeps_its_cells"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_html_holds_one_element"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_json_is_ascii_and_reads_back"),
    _kept("I-42", "unit.diagnostics.test_escape", "test_a_spreadsheet_computes_nothing"),
    _kept("I-43", "unit.azure.test_origin", "test_whatever_follows_the_scheme_only_the_own_host_passes"),
)
PROPERTIES: Mapping[str, Property] = {f"{one.invariant} {one.name}": one for one in _ALL}
"""By invariant and name."""

ELSEWHERE: Mapping[str, str] = {
    "I-12": "plans hold declared members only: tests/unit/diagnostics/test_as_json.py",
    "I-33": "the machine of this ladder, and tests/unit/store/test_lease.py",
    "I-34": "ladder 7, and tests/promises/test_two_daemons_are_safe.py",
    "I-36": "clocks are wrong in the courses, in the machine and in ladder 3",
    "I-46": "tests/unit/health/test_probes.py",
    "I-48": "tests/unit/store: every older schema is migrated",
}
"""Invariants without a property of their own, and what keeps them."""
