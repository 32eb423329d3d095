"""Scalar expressions of the Kusto query language, compiled to functions of a row."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from reconciler.vaultserver.kusto_functions import FUNCTIONS, as_text, as_time, fold

Row = Mapping[str, Any]
Expression = Callable[[Row], Any]

_TOKEN = re.compile(
    r"""\s+|//[^\n]*
    |(?P<text>@?"(?:[^"\\]|\\.)*"|@?'(?:[^'\\]|\\.)*')
    |(?P<span>\d+(?:d|h|m|s)\b)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[$A-Za-z_][\w$]*(?:-(?:away|keep|rename|expand|reorder)\b)?)
    |(?P<mark>==|!=|=~|!~|<=|>=|<>|!(?=(?:in|contains|has|startswith|endswith)\b)|[-+*/%<>=~().,\[\]{}|:;])""",
    re.VERBOSE,
)
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class QueryError(ValueError):
    """The query is not one this vault understands; the message says which part."""


def tokenize(query: str) -> list[str]:
    """Words, numbers, quoted texts and marks, in order; comments and blanks are dropped."""
    tokens, at = [], 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            raise QueryError(f"unexpected character {query[at]!r} at position {at}")
        if match.lastgroup is not None:
            tokens.append(match[0])
        at = match.end()
    return tokens


class Reader:
    """A cursor over tokens."""

    def __init__(self, tokens: list[str], now: datetime) -> None:
        self.tokens, self.at, self.now = tokens, 0, now

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def next(self) -> str:
        symbol = self.peek()
        if not symbol:
            raise QueryError("the query ends too early")
        self.at += 1
        return symbol

    def accept(self, *wanted: str) -> str:
        """The next symbol when it is one of `wanted` (case-insensitive), else the empty string."""
        if self.peek().lower() in wanted:
            return self.next().lower()
        return ""

    def expect(self, wanted: str) -> None:
        if not self.accept(wanted):
            raise QueryError(f"expected {wanted!r} before {self.peek() or 'the end of the query'!r}")


def expression(reader: Reader) -> Expression:
    left = _conjunction(reader)
    while reader.accept("or"):
        left = _either(left, _conjunction(reader))
    return left


def _either(left: Expression, right: Expression) -> Expression:
    return lambda row: bool(left(row)) or bool(right(row))


def _conjunction(reader: Reader) -> Expression:
    left = _comparison(reader)
    while reader.accept("and"):
        left = _both(left, _comparison(reader))
    return left


def _both(left: Expression, right: Expression) -> Expression:
    return lambda row: bool(left(row)) and bool(right(row))


def _words(value: Any) -> list[str]:
    return re.findall(r"\w+", fold(value))


def _has(left: Any, right: Any) -> bool:
    needle, stack = _words(right), _words(left)
    return any(stack[start : start + len(needle)] == needle for start in range(len(stack) - len(needle) + 1))


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def safe(left: Any, right: Any) -> bool:
        if isinstance(left, datetime) or isinstance(right, datetime):
            left, right = as_time(left), as_time(right)
        if left is None or right is None:
            return False
        try:
            return compare(left, right)
        except TypeError:
            return compare(as_text(left), as_text(right))

    return safe


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, datetime) or isinstance(right, datetime):
        return as_time(left) == as_time(right)
    if type(left) is not type(right) and not (isinstance(left, int | float) and isinstance(right, int | float)):
        return as_text(left) == as_text(right)
    return bool(left == right)


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<>": lambda left, right: not _equal(left, right),
    "=~": lambda left, right: fold(left) == fold(right),
    "!~": lambda left, right: fold(left) != fold(right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "contains": lambda left, right: fold(right) in fold(left),
    "startswith": lambda left, right: fold(left).startswith(fold(right)),
    "endswith": lambda left, right: fold(left).endswith(fold(right)),
    "has": _has,
}
_NEGATABLE = {"contains", "startswith", "endswith", "has", "in"}


def _comparison(reader: Reader) -> Expression:
    left = _sum(reader)
    symbol = reader.peek().lower()
    negated = symbol == "!"
    if negated:
        reader.next()
        symbol = reader.peek().lower()
        if symbol not in _NEGATABLE:
            raise QueryError(f"'!' does not go with {symbol!r}")
    if symbol == "in":
        reader.next()
        return _membership(reader, left, negated=negated)
    if symbol in _COMPARISONS:
        reader.next()
        test, right = _COMPARISONS[symbol], _sum(reader)
        return lambda row: test(left(row), right(row)) is not negated
    return left


def _membership(reader: Reader, left: Expression, *, negated: bool) -> Expression:
    folded = reader.peek() == "~"
    if folded:
        reader.next()
    options = _arguments(reader)

    def test(row: Row) -> bool:
        values: list[Any] = []
        for option in options:
            value = option(row)
            values.extend(value if isinstance(value, list) else [value])
        wanted = left(row)
        found = fold(wanted) in map(fold, values) if folded else any(_equal(wanted, value) for value in values)
        return found is not negated

    return test


def _sum(reader: Reader) -> Expression:
    left = _access(reader)
    while sign := reader.accept("+", "-", "*", "/", "%"):
        left = _arithmetic(sign, left, _access(reader))
    return left


def _arithmetic(sign: str, left: Expression, right: Expression) -> Expression:
    def compute(row: Row) -> Any:
        one, two = left(row), right(row)
        if one is None or two is None:
            return None
        try:
            match sign:
                case "+":
                    return one + two
                case "-":
                    return one - two
                case "*":
                    return one * two
                case "/":
                    return one // two if isinstance(one, int) and isinstance(two, int) else one / two
                case _:
                    return one % two
        except (TypeError, ZeroDivisionError):
            return None

    return compute


def _access(reader: Reader) -> Expression:
    value = _primary(reader)
    while mark := reader.accept(".", "["):
        if mark == ".":
            value = _member(value, _constant(reader.next()))
        else:
            key = expression(reader)
            reader.expect("]")
            value = _member(value, key)
    return value


def _constant(value: Any) -> Expression:
    return lambda _row: value


def _member(value: Expression, key: Expression) -> Expression:
    def get(row: Row) -> Any:
        holder, wanted = value(row), key(row)
        if isinstance(holder, Mapping):
            return holder.get(wanted)
        if isinstance(holder, list) and isinstance(wanted, int) and -len(holder) <= wanted < len(holder):
            return holder[wanted]
        return None

    return get


def _primary(reader: Reader) -> Expression:
    symbol = reader.next()
    if symbol == "(":
        inner = expression(reader)
        reader.expect(")")
        return inner
    if symbol == "-":
        operand = _access(reader)
        return _arithmetic("-", _constant(0), operand)
    if symbol[0] in "'\"@":
        return _constant(unquoted(symbol))
    if symbol[0].isdigit():
        return _constant(_literal(symbol))
    if not re.fullmatch(r"[$A-Za-z_][\w$]*", symbol):
        raise QueryError(f"unexpected {symbol!r}")
    lowered = symbol.lower()
    if reader.peek() == "(":
        special = {"dynamic": _dynamic, "datetime": _datetime}.get(lowered)
        return special(reader) if special else _call(reader, lowered)
    if lowered in {"true", "false", "null"}:
        return _constant({"true": True, "false": False, "null": None}[lowered])
    return lambda row: row.get(symbol)


def unquoted(symbol: str) -> str:
    if symbol[0] == "@":
        return symbol[2:-1]
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), symbol[1:-1])


def _literal(symbol: str) -> Any:
    if symbol[-1] in _UNITS:
        return timedelta(seconds=int(symbol[:-1]) * _UNITS[symbol[-1]])
    return float(symbol) if "." in symbol else int(symbol)


def _raw_argument(reader: Reader) -> str:
    """What stands between the parentheses of a literal such as `dynamic([1, 2])`, texts in JSON's quotes."""
    reader.expect("(")
    text = ""
    while (symbol := reader.next()) != ")":
        text += json.dumps(unquoted(symbol)) if symbol[0] in "'\"@" else symbol
    return text


def _datetime(reader: Reader) -> Expression:
    text = _raw_argument(reader).strip('"')
    moment = as_time(text)
    if moment is None:
        raise QueryError(f"datetime({text}) is not a time in ISO 8601")
    return _constant(moment)


def _dynamic(reader: Reader) -> Expression:
    text = _raw_argument(reader)
    try:
        return _constant(json.loads(text))
    except ValueError as error:
        raise QueryError(f"dynamic({text}) is not JSON") from error


def _arguments(reader: Reader) -> list[Expression]:
    reader.expect("(")
    found: list[Expression] = []
    while not reader.accept(")"):
        if found:
            reader.expect(",")
        found.append(expression(reader))
    return found


def _call(reader: Reader, name: str) -> Expression:
    now, arguments = reader.now, _arguments(reader)
    if name == "now":
        return _constant(now)
    if name == "ago":
        return lambda row: now - arguments[0](row)
    function = FUNCTIONS.get(name)
    if function is None:
        raise QueryError(f"the function {name!r} is not supported here")

    def call(row: Row) -> Any:
        try:
            return function(*(argument(row) for argument in arguments))
        except (TypeError, IndexError, re.error) as error:
            raise QueryError(f"the arguments of {name!r} do not fit: {error}") from error

    return call
