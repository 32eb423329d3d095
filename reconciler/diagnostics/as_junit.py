"""JUnit XML: a suite a vault or file, a test a VM, policy or check. What nobody can say, or is exempt, is skipped."""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as Xml

from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.escape import xml_text
from reconciler.diagnostics.sheet import Case, Sheet, Verdict

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def junit(sheet: Sheet) -> str:
    """The document, with its declaration and a newline at its end."""
    root = Xml.Element("testsuites", _counts(sheet.cases) | {"name": xml_text(sheet.title)})
    for name, cases in groupby(sorted(sheet.cases, key=lambda one: one.suite), key=lambda one: one.suite):
        same = list(cases)
        suite = Xml.SubElement(root, "testsuite", {"name": xml_text(name)} | _counts(same))
        if sheet.taken_at is not None:
            suite.set("timestamp", rfc3339(sheet.taken_at))
        for one in same:
            _case(suite, one)
    Xml.indent(root)
    return f"{_DECLARATION}\n{Xml.tostring(root, encoding='unicode')}\n"


def _counts(cases: list[Case] | tuple[Case, ...]) -> dict[str, str]:
    verdicts = [one.verdict for one in cases]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.FAILED)),
        "errors": "0",
        "skipped": str(verdicts.count(Verdict.SKIPPED)),
        "time": "0",
    }


def _case(suite: Xml.Element, one: Case) -> None:
    place = {"file": xml_text(one.span.file), "line": str(one.span.line)} if one.span.file else {}
    group = f"{one.suite}.{one.kind}"
    test = Xml.SubElement(suite, "testcase", {"classname": xml_text(group), "name": xml_text(one.name), "time": "0"})
    test.attrib.update(place)
    said = [xml_text(text) for text in one.said]
    match one.verdict:
        case Verdict.FAILED:
            first = said[0] if said else ""
            fault = Xml.SubElement(test, "failure", {"type": xml_text(one.code), "message": first})
            fault.text = "\n".join(said)
        case Verdict.SKIPPED:
            Xml.SubElement(test, "skipped", {"message": f"{xml_text(one.code)}: {' '.join(said)}"})
        case _:
            if said:
                Xml.SubElement(test, "system-out").text = "\n".join(said)
