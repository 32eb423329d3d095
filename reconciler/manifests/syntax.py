"""What to say when a file is not YAML: libyaml's few complaints, in words that help."""

from __future__ import annotations

import yaml

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.model.span import Span

_WORDS = (
    ("mapping values are not allowed", "a second `: ` stands on this line, or the indentation is wrong",
     "put a text that holds `: ` in quotes, and check that the keys above and below begin in the same column"),
    ("cannot start any token", "nothing may begin with this character",
     "put the text in quotes"),
    ("could not find expected ':'", "a key without its `:`",
     "write `key: value`; a list item begins with `- `"),
    ("did not find expected key", "the indentation does not fit the lines above, or a quote is not closed before here",
     "let all keys of one mapping begin in the same column"),
    ("did not find expected '-' indicator", "this line does not fit the list above",
     "let all items begin with `- ` in the same column"),
    ("did not find expected ',' or", "a `,` or the closing bracket is missing before here",
     "check the brackets of this line"),
    ("did not find expected node content", "a value is missing before this character",
     "write a value, or delete what stands too much"),
    ("unexpected end of stream", "the file ends within a text in quotes",
     "close the quote"),
    ("unexpected document indicator", "a document ends within a text in quotes",
     "close the quote"),
    ("block sequence entries are not allowed", "a list item may not begin here",
     "put `- ` on a line of its own"),
    ("did not find expected <document start>", "something stands after the end of the document",
     "begin a new document with `---`, or check the indentation"),
    ("undefined tag handle", "a tag stands here", "delete it"),
    ("unknown escape character", "a backslash in double quotes begins an escape that does not exist",
     "use single quotes"),
)  # fmt: skip


def explain(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """One syntax error, where libyaml met it."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = str(getattr(error, "problem", "") or "")
    message, advice = next(
        ((words, help_) for start, words, help_ in _WORDS if start in problem),
        ("this cannot be read as YAML", "check the indentation, the quotes and the brackets before this place"),
    )
    return Diagnostic("yaml-syntax", message, _within(text, file, line, column), advice, _began(error, file, line))


def _within(text: str, file: str, line: int, column: int) -> Span:
    lines = text.split("\n")
    if line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    return Span(file, line, column, column + 1)


def _began(error: yaml.YAMLError, file: str, line: int) -> tuple[Note, ...]:
    context = getattr(error, "context_mark", None)
    if context is None or context.line + 1 == line:
        return ()
    place = Span(file, context.line + 1, context.column + 1, context.column + 2)
    return (Note("what is not finished began here", place),)
