"""Why a VM is treated as it is, as `reconcile explain VM` shows it; the words of a trace in both languages."""

from __future__ import annotations

from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import Paper
from reconciler.model.span import Span
from reconciler.model.trace import Condition, Considered, Decision, Trace, Verdict

_MARKS = {Verdict.DECIDES: "✓", Verdict.HELD: "✓", Verdict.TIE: "!", Verdict.AMBIGUOUS: "!"}
_STYLES = {"✓": "green", "!": "red", "·": "dim"}
_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "decides": "decides",
        "outranked": "outranked by {rival}",
        "tie": "ties with {rival}",
        "tie-own": "wants something else than another of the same right",
        "not-meant": "does not mean it",
        "ambiguous": "its name has several meanings",
        "expired": "has ended",
        "held": "decides, but its steps are held",
        "wanted": "{field} is {found}, wanted: {wanted}",
        "none": "not set",
        "excluded": "left out by `not`: {wanted}",
        "unnamed": "does not name it",
        "named": "by name",
        "priority": "priority {priority}",
        "nothing": "No document means it: nothing is done, and what protects it stays.",
        "documents": "Documents, what decides first",
        "goal-protected": "is to be protected in {vault} by {policy}",
        "goal-kept": "stays in {vault} as it is",
        "goal-stopped": "is to be stopped in {vault}; its recovery points stay",
        "exempt": "is exempt in {vault}",
        "paused": "is left alone in {vault}: paused",
        "contradiction": "is left alone in {vault}: the documents contradict each other",
        "no-documents": "There is no Protection, Exemption, Retirement or Pause.",
    },
    "zh-TW": {
        "decides": "決定",
        "outranked": "讓位給 {rival}",
        "tie": "與 {rival} 相持不下",
        "tie-own": "與另一份同等的文件要求不同",
        "not-meant": "不適用於它",
        "ambiguous": "名稱有多種意義",
        "expired": "已到期",
        "held": "決定，但其步驟遭保留",
        "wanted": "{field} 是 {found}，要求：{wanted}",
        "none": "未設定",
        "excluded": "被 `not` 排除：{wanted}",
        "unnamed": "沒有指名它",
        "named": "指名",
        "priority": "優先順序 {priority}",
        "nothing": "沒有任何文件適用於它：不做任何事，現有的保護保持不變。",
        "documents": "文件，決定者在前",
        "goal-protected": "應在 {vault} 以 {policy} 保護",
        "goal-kept": "在 {vault} 保持現狀",
        "goal-stopped": "應在 {vault} 停止；復原點會保留",
        "exempt": "在 {vault} 豁免",
        "paused": "在 {vault} 不予變更：已暫停",
        "contradiction": "在 {vault} 不予變更：文件互相矛盾",
        "no-documents": "沒有 Protection、Exemption、Retirement 或 Pause。",
    },
}


def verdict_words(one: Considered, language: Language) -> str:
    """What became of a document: `outranked by Protection web`."""
    words = _WORDS[language]
    if one.verdict is Verdict.TIE and not one.rival:
        return words["tie-own"]
    if one.verdict is Verdict.NOT_MEANT and not one.conditions:
        return words["unnamed"]
    return words[str(one.verdict)].format(rival=one.rival)


def condition_words(one: Condition, language: Language) -> str:
    """Why a condition does not hold."""
    words = _WORDS[language]
    kind = "excluded" if one.field == "not" else "wanted"
    return words[kind].format(field=one.field, found=one.found or words["none"], wanted=one.wanted)


def decision_words(one: Decision, language: Language) -> str:
    """What is wished for the VM, after its name."""
    kept = "goal-kept" if not one.policy else f"goal-{one.goal}"
    kind = one.hands_off or ("goal-stopped" if one.goal == "stopped" else kept)
    words = _WORDS[language]
    return words.get(kind, words["goal-kept"]).format(vault=one.vault, policy=one.policy)


def nothing_words(trace: Trace, language: Language) -> str:
    """For a VM that nobody wishes anything for."""
    return _WORDS[language]["nothing" if trace.considered else "no-documents"]


def priority_words(one: Considered, language: Language) -> str:
    """`priority 10`, `by name`; empty where there is nothing to say."""
    words = _WORDS[language]
    parts = [words["named"]] if one.named else []
    parts += [words["priority"].format(priority=one.priority)] if one.priority else []
    return ", ".join(parts)


def render_trace(trace: Trace, *, width: int = 80, language: Language = "en") -> Paper:
    """Decision, and every document with what became of it."""
    page = Paper(width, language)
    page.line(trace.label, style="bold")
    for decision in trace.decisions:
        page.line(decision_words(decision, language), indent=2)
        _place(page, decision.span)
    if not trace.decisions:
        page.line(nothing_words(trace, language), indent=2)
    if trace.considered:
        page.heading(_WORDS[language]["documents"])
    for one in trace.considered:
        mark = _MARKS.get(one.verdict, "·")
        beside = priority_words(one, language)
        title = f"{one.kind} {one.name}" + (f" ({beside})" if beside else "")
        page.line(f"{mark} {title}: {verdict_words(one, language)}", indent=2, hang=4, mark=_STYLES[mark])
        _place(page, one.span)
        for condition in one.conditions:
            if not condition.holds:
                page.line(condition_words(condition, language), indent=6)
        if one.note:
            page.line(one.note, indent=6)
    return page


def _place(page: Paper, span: Span) -> None:
    if span.file:
        page.aside(str(span))
