"""Tabular operators of the Kusto query language: the part Resource Graph clients send, over rows in memory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cmp_to_key
from typing import Any

from reconciler.vaultserver.kusto_expressions import Expression, QueryError, Reader, expression, tokenize, unquoted
from reconciler.vaultserver.kusto_functions import as_text

Record = dict[str, Any]
Rows = list[Record]
Types = frozenset[str] | None
Tables = Mapping[str, Callable[[Types], Iterable[Record]]]
"""Tables by lower-case name; each is told which values of `type` (folded) can matter, None meaning all."""
Operator = Callable[[Rows], Rows]


@dataclass(frozen=True, slots=True)
class Result:
    """Rows, and whether the query itself bounds their number (then Resource Graph gives no skip token)."""

    rows: Rows
    limited: bool


def run(query: str, tables: Tables, now: datetime) -> Result:
    """Evaluates `query` over `tables` (names in lower case).

    Raises QueryError for what the language does not know or this vault does not support.
    """
    tokens = tokenize(query)
    reader = Reader(tokens, now)
    rows, limited = _pipeline(reader, tables, end="")
    return Result(rows, limited)


def _pipeline(reader: Reader, tables: Tables, end: str) -> tuple[Rows, bool]:
    name = reader.next()
    table = tables.get(name.lower())
    if table is None:
        raise QueryError(f"there is no table {name!r}; tables are {', '.join(sorted(tables))}")
    rows: Rows = [dict(row) for row in table(_types(reader))]
    limited = False
    while reader.peek() not in (end, ""):
        if reader.peek() == ";":
            reader.next()
            continue
        reader.expect("|")
        verb = reader.next().lower()
        limited = limited or verb in {"take", "limit", "top", "sample"}
        rows = _operator(verb, reader, tables)(rows)
    return rows, limited


def _types(reader: Reader) -> Types:
    """The types the pipeline's first condition allows, so that a table need not make rows that are dropped at once."""
    rest = [symbol.lower() for symbol in reader.tokens[reader.at :]]
    if rest[:3] != ["|", "where", "type"] or rest[3:4] not in (["=="], ["=~"], ["in"]):
        return None
    condition = rest[3 : rest.index("|", 1) if "|" in rest[1:] else len(rest)]
    if "or" in condition:
        return None
    first = condition[: condition.index("and")] if "and" in condition else condition
    literals = [symbol for symbol in first if symbol[0] in "'\""]
    marks = {"==", "=~", "in", "~", "(", ")", ","}
    return frozenset(map(unquoted, literals)) if set(first) <= {*marks, *literals} else None


def _operator(verb: str, reader: Reader, tables: Tables) -> Operator:
    match verb:
        case "where" | "filter":
            return _where(expression(reader))
        case "project":
            return _project(_columns(reader))
        case "extend":
            return _extend(_columns(reader))
        case "project-away":
            return _drop({name for name, _ in _columns(reader)})
        case "project-keep":
            return _keep({name for name, _ in _columns(reader)})
        case "order" | "sort":
            reader.expect("by")
            return _order(_sort_keys(reader))
        case "take" | "limit" | "sample":
            return _take(_count_literal(reader))
        case "top":
            return _top(reader)
        case "distinct":
            return _distinct(_columns(reader))
        case "count":
            return lambda rows: [{"Count": len(rows)}]
        case "summarize":
            return _summarize(reader)
        case "mv-expand" | "mvexpand":
            return _expand(_columns(reader))
        case "join":
            return _join(reader, tables)
        case _:
            raise QueryError(f"the operator {verb!r} is not supported here")


def _count_literal(reader: Reader) -> int:
    token = reader.next()
    if not token.isdigit():
        raise QueryError(f"expected a number of rows, not {token!r}")
    return int(token)


def _columns(reader: Reader) -> list[tuple[str, Expression]]:
    """`a, b = x, f(c)`: names with what they stand for. An unnamed expression is named as Kusto names it."""
    found: list[tuple[str, Expression]] = []
    while True:
        name = reader.peek()
        if reader.peek(1) == "=":
            reader.next()
            reader.next()
            found.append((name, expression(reader)))
        else:
            start = reader.at
            value = expression(reader)
            found.append((_given_name(reader.tokens[start : reader.at], len(found)), value))
        if not reader.accept(","):
            return found


def _given_name(tokens: list[str], index: int) -> str:
    if len(tokens) == 1:
        return tokens[0]
    if "(" not in tokens:
        return "_".join(token for token in tokens if token not in {".", "[", "]"}).replace("'", "").replace('"', "")
    inner = [token for token in tokens[2:-1] if token.isidentifier()]
    return "_".join(inner) if inner and tokens[-1] == ")" else f"Column{index + 1}"


def _where(test: Expression) -> Operator:
    return lambda rows: [row for row in rows if test(row)]


def _project(columns: list[tuple[str, Expression]]) -> Operator:
    return lambda rows: [{name: value(row) for name, value in columns} for row in rows]


def _extend(columns: list[tuple[str, Expression]]) -> Operator:
    def apply(rows: Rows) -> Rows:
        for row in rows:
            for name, value in columns:
                row[name] = value(row)
        return rows

    return apply


def _drop(names: set[str]) -> Operator:
    return lambda rows: [{name: value for name, value in row.items() if name not in names} for row in rows]


def _keep(names: set[str]) -> Operator:
    return lambda rows: [{name: value for name, value in row.items() if name in names} for row in rows]


def _take(count: int) -> Operator:
    return lambda rows: rows[:count]


def _sort_keys(reader: Reader) -> list[tuple[Expression, bool]]:
    """Keys with whether each ascends. Kusto's default is descending."""
    keys = []
    while True:
        value = expression(reader)
        ascending = reader.accept("asc", "desc") == "asc"
        if reader.accept("nulls"):
            reader.next()
        keys.append((value, ascending))
        if not reader.accept(","):
            return keys


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, "")
    if isinstance(value, bool | int | float):
        return (1, value)
    return (2, as_text(value))


def _order(keys: list[tuple[Expression, bool]]) -> Operator:
    def compare(one: Record, two: Record) -> int:
        for value, ascending in keys:
            left, right = _rank(value(one)), _rank(value(two))
            if left != right:
                return -1 if (left < right) is ascending else 1
        return 0

    return lambda rows: sorted(rows, key=cmp_to_key(compare))


def _top(reader: Reader) -> Operator:
    count = _count_literal(reader)
    reader.expect("by")
    order = _order(_sort_keys(reader))
    return lambda rows: order(rows)[:count]


def _identity(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(as_text(value) for value in values)


def _distinct(columns: list[tuple[str, Expression]]) -> Operator:
    def apply(rows: Rows) -> Rows:
        seen: dict[tuple[str, ...], Record] = {}
        for row in _project(columns)(rows):
            seen.setdefault(_identity(row.values()), row)
        return list(seen.values())

    return apply


def _aggregate(name: str, values: Callable[[Record], Any] | None) -> Callable[[Rows], Any]:
    """`values` is the aggregate's argument; of `count()` there is none."""

    def found(rows: Rows) -> list[Any]:
        return [value for value in (values(row) for row in rows) if value is not None] if values else []

    def unique(rows: Rows) -> list[Any]:
        return list({as_text(value): value for value in found(rows)}.values())

    aggregates: dict[str, Callable[[Rows], Any]] = {
        "count": len,
        "countif": lambda rows: sum(1 for value in found(rows) if value),
        "dcount": lambda rows: len(unique(rows)),
        "sum": lambda rows: sum(found(rows)),
        "avg": lambda rows: sum(found(rows)) / len(found(rows)) if found(rows) else None,
        "min": lambda rows: min(found(rows), key=_rank, default=None),
        "max": lambda rows: max(found(rows), key=_rank, default=None),
        "make_list": found,
        "make_set": unique,
        "any": lambda rows: next(iter(found(rows)), None),
        "take_any": lambda rows: next(iter(found(rows)), None),
    }
    if name not in aggregates:
        raise QueryError(f"the aggregate {name!r} is not supported here")
    return aggregates[name]


def _summarize(reader: Reader) -> Operator:
    aggregates: list[tuple[str, Callable[[Rows], Any]]] = []
    while reader.peek().lower() not in {"by", "|", ""}:
        named = reader.next() if reader.peek(1) == "=" else ""
        if named:
            reader.next()
        function = reader.next().lower()
        reader.expect("(")
        start = reader.at
        argument = None if reader.peek() == ")" else expression(reader)
        label = "_".join(token for token in reader.tokens[start : reader.at] if token.isidentifier())
        reader.expect(")")
        aggregates.append((named or f"{function}_{label}", _aggregate(function, argument)))
        reader.accept(",")
    keys = _columns(reader) if reader.accept("by") else []

    def apply(rows: Rows) -> Rows:
        groups: dict[tuple[str, ...], tuple[Record, Rows]] = {}
        for row in rows:
            key = {name: value(row) for name, value in keys}
            groups.setdefault(_identity(key.values()), (key, []))[1].append(row)
        if not keys and not groups:
            groups[()] = ({}, [])
        return [key | {name: compute(members) for name, compute in aggregates} for key, members in groups.values()]

    return apply


def _expand(columns: list[tuple[str, Expression]]) -> Operator:
    def apply(rows: Rows) -> Rows:
        for name, value in columns:
            rows = [row | {name: item} for row in rows for item in _items(value(row))]
        return rows

    return apply


def _items(value: Any) -> list[Any]:
    return (value or [None]) if isinstance(value, list) else [value]


def _join(reader: Reader, tables: Tables) -> Operator:
    kind = "innerunique"
    while reader.peek(1) == "=":
        option = reader.next().lower()
        reader.next()
        value = reader.next().lower()
        kind = value if option == "kind" else kind
    reader.expect("(")
    right, _ = _pipeline(reader, tables, end=")")
    reader.expect(")")
    reader.expect("on")
    keys = _join_keys(reader)
    if kind not in {"inner", "innerunique", "leftouter", "leftanti", "leftsemi"}:
        raise QueryError(f"the join kind {kind!r} is not supported here")

    index: dict[tuple[str, ...], Rows] = {}
    for row in right:
        index.setdefault(_identity(row.get(key) for _, key in keys), []).append(row)

    def apply(rows: Rows) -> Rows:
        joined: Rows = []
        for row in rows:
            matches = index.get(_identity(row.get(key) for key, _ in keys), [])
            joined += _matched(kind, row, matches, right)
        return joined

    return apply


def _join_keys(reader: Reader) -> list[tuple[str, str]]:
    keys = []
    while True:
        left = reader.next()
        if left.lower() == "$left":
            reader.expect(".")
            left = reader.next()
            reader.expect("==")
            reader.next()
            reader.expect(".")
            keys.append((left, reader.next()))
        else:
            keys.append((left, left))
        if not reader.accept(","):
            return keys


def _matched(kind: str, row: Record, matches: Rows, right: Rows) -> Rows:
    if kind == "leftanti":
        return [] if matches else [row]
    if kind == "leftsemi":
        return [row] if matches else []
    if not matches:
        blank = dict.fromkeys(right[0]) if right else {}
        return [_merged(row, blank)] if kind == "leftouter" else []
    return [_merged(row, match) for match in matches]


def _merged(left: Record, right: Record) -> Record:
    """Both rows; a column both have keeps its name on the left and gets a `1` on the right, as in Kusto."""
    return left | {f"{name}1" if name in left else name: value for name, value in right.items()}
