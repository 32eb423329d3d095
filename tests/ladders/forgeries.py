"""Forged runs, each of which breaks an invariant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from reconciler.azure.credentials import DEVELOPMENT_TOKEN
from reconciler.model.call import Call
from reconciler.model.outcome import Done, Failed
from reconciler.model.state import Risk
from reconciler.planning import Brakes
from tests.ladders.forged import (
    NOON,
    PROTECT,
    RETIRED,
    STOP,
    VAULT,
    WISH,
    Forger,
    consented,
    item,
    keeps,
    plan,
    policies,
    result,
    step,
)

Forgery = Callable[[Forger], Any]
FORGERIES: list[tuple[str, Forgery]] = []
POLICY = f"{VAULT}/backupPolicies/daily"
OLDER = replace(WISH, digest="sha256:older")


def breaks(number: str) -> Callable[[Forgery], Forgery]:
    """Enter a forged run that breaks an invariant."""

    def enter(forgery: Forgery) -> Forgery:
        FORGERIES.append((number, forgery))
        return forgery

    return enter


@breaks("I-1")
def _a_write_after_all_was_settled(forger: Forger) -> None:
    forger.run(plan(step(item())), audit=True)
    forger.send("PUT", item(), PROTECT)


@breaks("I-1")
def _a_plan_that_never_gets_empty(forger: Forger) -> None:
    forger.run(plan(step(item())))
    forger.story.settled, forger.story.expected = True, {}
    forger.story.calm = Forger().story
    forger.story.calm.passes.append(replace(forger.story.passes[0], plan=plan()))


@breaks("I-1")
def _a_success_that_nobody_sees(forger: Forger) -> None:
    made = plan(step(item()))
    forger.run(made, result=result(made, **{made.steps[0].id: Done()}), items={"item rsv/rg/web-1": "Deleted"})


@breaks("I-2")
def _another_end(forger: Forger) -> None:
    forger.run(plan())
    forger.story.settled, forger.story.expected, forger.story.end = True, {"item": "Protected"}, {}


@breaks("I-2")
def _no_end(forger: Forger) -> None:
    forger.run(plan())
    forger.story.expected = {}


@breaks("I-2")
def _given_up_without_a_refusal(forger: Forger) -> None:
    forger.run(plan())
    forger.story.settled, forger.story.expected, forger.story.given_up = True, {}, ("protect:x",)


@breaks("I-8")
def _another_vm_suffers(forger: Forger) -> None:
    hurt, other = step(item()), step(item("web-2"), name="protect:rsv/rg/web-2")
    forger.run(result=result(plan(hurt, other), **{other.id: Failed("x")}))
    forger.suffer("S1", name="write:item:rg/web-1@rsv")
    forger.story.calm = Forger().story
    forger.story.calm.passes.append(
        replace(forger.story.passes[0], result=result(plan(hurt, other), **{other.id: Done()}))
    )


@breaks("I-9")
def _a_dry_run_that_writes(forger: Forger) -> None:
    forger.run(plan(step(item())), dry=True)
    forger.send("PUT", item(), PROTECT)


@breaks("I-9")
def _a_dry_run_that_changes_the_journal(forger: Forger) -> None:
    forger.run(plan(), dry=True, journal_before="a", journal_after="b")


@breaks("I-10")
def _a_request_that_no_plan_listed(forger: Forger) -> None:
    forger.run(plan(step(item(), STOP)))
    forger.send("PUT", item(), PROTECT)


@breaks("I-13")
def _a_stop_that_nobody_asked_for(forger: Forger) -> None:
    forger.run(plan(step(item(), STOP)))
    forger.send("PUT", item(), STOP)


@breaks("I-14")
def _a_complete_plan_of_a_partial_look(forger: Forger) -> None:
    forger.run(plan())
    forger.send("GET", f"{VAULT}/backupProtectedItems", status=503)


@breaks("I-14")
def _a_complete_plan_of_a_page_of_html(forger: Forger) -> None:
    forger.run(plan())
    forger.send("GET", f"{VAULT}/backupProtectedItems", reply=b"<!doctype html>")


@breaks("I-14")
def _a_complete_plan_of_an_entry_without_a_name(forger: Forger) -> None:
    forger.run(plan())
    forger.send("GET", f"{VAULT}/backupProtectedItems", reply=b'{"value":[{"properties":{}}]}')


@breaks("I-14")
def _a_vault_that_only_a_gateway_misses(forger: Forger) -> None:
    forger.run(plan())
    forger.send("GET", VAULT, status=404, reply=b'{"error":{"code":"NotFound"}}')


@breaks("I-14")
def _a_stop_on_a_partial_look(forger: Forger) -> None:
    forger.run(plan(step(item(), STOP, risk=Risk.PAUSING), complete=False))


@breaks("I-15")
def _a_vault_made_that_was_there(forger: Forger) -> None:
    forger.run(plan())
    forger.send("PUT", VAULT, "{}")


@breaks("I-17")
def _a_policy_shortened_without_consent(forger: Forger) -> None:
    forger.run(desired=consented("rsv/other"), before=policies("daily", daily=30))
    forger.send("PUT", POLICY, f'{{"properties":{keeps(7)}}}')


@breaks("I-17")
def _a_consent_that_has_ended(forger: Forger) -> None:
    before = policies("daily", daily=30)
    forger.run(desired=consented("rsv/daily", day=date(2026, 3, 1)), before=before, clock=NOON)
    forger.send("PUT", POLICY, f'{{"properties":{keeps(7)}}}')


@breaks("I-17")
def _a_consent_for_two_changes(forger: Forger) -> None:
    forger.run(desired=consented("rsv/daily"), before=policies("daily", daily=30), clock=NOON)
    for days in (20, 7):
        forger.send("PUT", POLICY, f'{{"properties":{keeps(days)}}}')


@breaks("I-17")
def _a_vm_moved_to_a_shorter_policy_without_consent(forger: Forger) -> None:
    before = policies("long", long=90, daily=30)
    forger.run(before=before)
    forger.send("PUT", item(), PROTECT, before=before)


@breaks("I-19")
def _more_stops_than_the_brakes_allow(forger: Forger) -> None:
    forger.story.scenario = replace(forger.story.scenario, brakes=Brakes(max_stops=0))
    forger.run(desired=RETIRED)
    forger.send("PUT", item(), STOP)


@breaks("I-19")
def _more_writes_than_the_brakes_allow(forger: Forger) -> None:
    forger.story.scenario = replace(forger.story.scenario, brakes=Brakes(max_writes=1))
    forger.run()
    for vm in ("web-1", "web-2"):
        forger.send("PUT", item(vm), PROTECT)


@breaks("I-20")
def _a_vm_that_is_not_ours(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item("theirs-1"), PROTECT)


@breaks("I-21")
def _another_vault(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item().replace("vaults/rsv", "vaults/rsv-2"), PROTECT)


@breaks("I-22")
def _a_recovery_point_lost(forger: Forger) -> None:
    forger.story.points = {"item": frozenset({"p1", "p2"})}
    forger.run(points={"item": frozenset({"p1"})})


@breaks("I-23")
def _soft_delete_weakened(forger: Forger) -> None:
    forger.run()
    forger.story.strengths = [{"rsv": 1014}, {"rsv": 14}]


@breaks("I-23")
def _soft_delete_told_to_be_off(forger: Forger) -> None:
    forger.run()
    forger.send("PATCH", VAULT, '{"properties":{"securitySettings":{"softDeleteState":"Disabled"}}}')


@breaks("I-24")
def _a_deletion(forger: Forger) -> None:
    forger.run()
    forger.send("DELETE", item())


@breaks("I-25")
def _a_second_effect_after_a_crash(forger: Forger) -> None:
    forger.run(crashed="before record")
    forger.send("PUT", item(), PROTECT)
    calm = Forger()
    calm.run()
    calm.send("PUT", item(), PROTECT)
    forger.story.calm = calm.story
    forger.run()
    forger.send("PUT", item(), PROTECT)


@breaks("I-26")
def _two_at_a_time(forger: Forger) -> None:
    forger.run()
    forger.story.operations = [("00000000-0000-0000-0000-000000000001/rg/web-1", 10.0, 70.0)]
    forger.clock = 30.0
    forger.send("PUT", item(), PROTECT)


@breaks("I-27")
def _the_same_twice(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item(), PROTECT)
    forger.send("PUT", item(), PROTECT)


@breaks("I-28")
def _no_intent(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item(), PROTECT, intent=False)


@breaks("I-28")
def _the_intent_of_something_else(forger: Forger) -> None:
    forger.run()
    forger.note("intend", "step-0", "c0", Call("PUT", item(), "v", STOP))
    forger.send("PUT", item(), PROTECT, intent=False)


@breaks("I-29")
def _sent_again_without_a_look(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item(), PROTECT, status=None, served=[])
    forger.send("PUT", item(), PROTECT)


@breaks("I-30")
def _sent_again_instead_of_polled(forger: Forger) -> None:
    forger.accept()
    forger.run()
    forger.send("PUT", item(), STOP)


@breaks("I-30")
def _given_up_instead_of_polled(forger: Forger) -> None:
    forger.accept()
    forger.run()
    forger.note("retry", "step-0")
    forger.send("PUT", item(), STOP)


@breaks("I-30")
def _sent_again_while_another_process_polls(forger: Forger) -> None:
    url = forger.accept()
    forger.run()
    forger.run()
    forger.send("GET", url)
    forger.send("PUT", item(), STOP, process=1)


@breaks("I-31")
def _endless_requests(forger: Forger) -> None:
    forger.run()
    for _ in range(1_501):
        forger.send("GET", VAULT)


@breaks("I-31")
def _an_endless_run(forger: Forger) -> None:
    forger.run(ended=7 * 3600.0)


@breaks("I-31")
def _a_pause_that_is_not_kept(forger: Forger) -> None:
    forger.run()
    forger.send("GET", VAULT, status=429, answer={"Retry-After": "17"})
    forger.clock = 3.0
    forger.send("GET", VAULT)


@breaks("I-31")
def _a_refusal_that_is_not_heard(forger: Forger) -> None:
    for _ in range(3):
        forger.run()
        forger.send("PUT", item(), PROTECT, status=400, served=[], fault="S1")
        forger.clock += 300.0


@breaks("I-32")
def _a_request_after_the_word_to_stop(forger: Forger) -> None:
    forger.run(asked=forger.story.place())
    forger.send("PUT", item(), PROTECT)


@breaks("I-35")
def _a_slow_run_of_an_older_configuration(forger: Forger) -> None:
    for desired in (OLDER, WISH):
        forger.run(desired=desired)
        forger.note("enter", "")
    forger.send("PUT", item(), PROTECT, process=0)


@breaks("I-35")
def _an_older_run_that_thinks_its_time_has_come_again(forger: Forger) -> None:
    for desired in (OLDER, WISH, OLDER):
        forger.run(desired=desired)
        forger.note("enter", "")
    forger.send("PUT", item(), PROTECT, process=0)


@breaks("I-37")
def _a_stale_read_makes_a_duplicate(forger: Forger) -> None:
    forger.run()
    forger.suffer("W1", "stale")
    for _ in range(2):
        forger.send("PUT", item(), PROTECT)


@breaks("I-43")
def _a_foreign_host(forger: Forger) -> None:
    forger.run()
    forger.send("GET", "https://embedded.invalid.evil.example/subscriptions")


@breaks("I-44")
def _the_token_in_the_output(forger: Forger) -> None:
    forger.run(output=f"Bearer {DEVELOPMENT_TOKEN}")


@breaks("I-47")
def _a_write_that_no_log_tells_of(forger: Forger) -> None:
    forger.run()
    forger.send("PUT", item(), PROTECT)
    forger.story.audited.clear()
