"""A flow without a hard goal is refused before it runs: a check that cannot fail proves nothing.

Read from the file's syntax tree, never by running it. What cannot be decided there (the
journey handed to a function of another package) is left to the run, which looks again.
"""

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from forepost import plugins
from forepost.errors import ProbeError

ROOM = "probes.flows"
REMEDY = "end a step with journey.goal(VALUE, WHAT), VALUE read from the page"
# They return a locator, which is never empty: it says how to look, not what is there.
LOCATORS = ("locator", "frame_locator", "get_by_", "first", "last", "nth", "filter", "or_", "and_")
# What an expression is made of if nothing in it can change from run to run.
_OPEN = (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.Await, ast.NamedExpr)
_OVER = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def see_goals(flows: Iterable[str]) -> None:
    """See that each of these flows has a goal that can be missed.

    Raises: ProbeError, one line, for the first one that has none.
    """
    known = plugins.names(ROOM)
    for name in flows:
        if name not in known:
            continue  # who loads it says which there are
        spec = importlib.util.find_spec(f"{ROOM}.{name}")
        if spec is not None and spec.origin is not None:
            see_goal(Path(spec.origin))


def see_goal(file: Path) -> None:
    """See that one flow file has a goal, and that no goal of it is a constant.

    Raises: ProbeError, one line: the file, the line, the value, the remedy.
    """
    try:
        tree = ast.parse(file.read_text("utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ProbeError(f"{file}: cannot be read as a flow: {error}") from None
    reached = _Reached(tree)
    goals = [call for call in reached.calls if _verb(call) == "goal"]
    for call in goals:
        if why := _cannot_fail(call, tree):
            raise ProbeError(
                f"{file}:{call.lineno}: {ast.unparse(call)[:120]}: {why}, "
                f"so this goal is always reached; {REMEDY}"
            )
    if not goals and not reached.hands_on:
        raise ProbeError(f"{file}: a flow without a goal proves nothing; {REMEDY}")


class _Reached:
    """The calls that `run` can come to, through the functions of the same file."""

    def __init__(self, tree: ast.Module) -> None:
        self.calls: list[ast.Call] = []
        self.hands_on = False  # whether the journey goes to a function that is not in this file
        self._known = {
            item.name: item for item in ast.walk(tree) if isinstance(item, ast.ClassDef | _Function)
        }
        self._imported = set(_imported(tree))
        self._seen: set[str] = set()
        self._visit("run")

    def _visit(self, name: str) -> None:
        found = self._known.get(name)
        if found is None or name in self._seen:
            return
        self._seen.add(name)
        for node in _live(found):
            if isinstance(node, ast.Call):
                self.calls.append(node)
                self.hands_on = self.hands_on or self._leaves(node)
            if isinstance(node, ast.Name):
                self._visit(node.id)
            elif isinstance(node, ast.Attribute):
                self._visit(node.attr)

    def _leaves(self, call: ast.Call) -> bool:
        """Whether a call gives the journey to a function that was imported."""
        root = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        named = any(isinstance(one, ast.Name) and one.id == "journey" for one in given)
        return named and isinstance(root, ast.Name) and root.id in self._imported


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the names that imports bind in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0]


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what lies below a node, but nothing behind a return or under an `if False`."""
    for name, value in ast.iter_fields(node):
        if name in ("body", "orelse") and _never(node, name):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                if not (isinstance(child, _Function) and isinstance(node, _Function)):
                    yield child
                    yield from _live(child)
                if isinstance(child, _OVER):
                    break


def _never(node: ast.AST, branch: str) -> bool:
    """Whether a branch has a condition that says so itself."""
    if not isinstance(node, ast.If | ast.While) or not isinstance(node.test, ast.Constant):
        return False
    return bool(node.test.value) == (branch == "orelse")


def _verb(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _cannot_fail(call: ast.Call, tree: ast.Module) -> str:
    """Say why the value of a goal is the same in every run; empty: it is not, as far as seen."""
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "value")]
    if not given:
        return "it has no value"
    value = given[0]
    if isinstance(value, ast.Name):
        value = _assigned(value.id, tree) or value
    if not any(isinstance(node, _OPEN) for node in ast.walk(value)):
        return f"{ast.unparse(value)[:60]} is a constant"
    if _never_empty(value):
        return f"{ast.unparse(value)[:60]} is never empty"
    made = value.func if isinstance(value, ast.Call) else value
    last = made.attr if isinstance(made, ast.Attribute) else ""
    if last.startswith(LOCATORS[2]) or (last in LOCATORS and _locates(made)):
        return f"{ast.unparse(value)[:60]} is a locator, never empty (ask it, as with inner_text())"
    return ""


def _never_empty(node: ast.expr) -> bool:
    """Whether something is in an expression whatever its parts are: `number or "unknown"`."""
    never = False
    match node:
        case ast.Constant(value=value):
            never = bool(value.strip() if isinstance(value, str) else value)
        case ast.Lambda() | ast.JoinedStr() | ast.Dict():
            never = True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            never = not all(isinstance(part, ast.Starred) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            never = any(map(_never_empty, parts))
        case ast.BoolOp(values=parts):
            never = all(map(_never_empty, parts))
        case ast.IfExp(body=first, orelse=second):
            never = _never_empty(first) and _never_empty(second)
        case ast.BinOp(op=ast.Add(), left=first, right=second):
            never = _never_empty(first) or _never_empty(second)
        case ast.NamedExpr(value=inner):
            never = _never_empty(inner)
    return never


def _locates(node: ast.AST) -> bool:
    """Whether an expression looks things up on a page: `first` alone may be anything's."""
    names = [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    return any(name in LOCATORS[:2] or name.startswith(LOCATORS[2]) for name in names)


def _assigned(name: str, tree: ast.Module) -> ast.expr | None:
    """Return the value of a name that is set once, by a plain `name = …`; else None."""
    stores = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    given = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == name
    ]
    arguments = {arg.arg for arg in ast.walk(tree) if isinstance(arg, ast.arg)}
    return given[0] if len(stores) == len(given) == 1 and name not in arguments else None
