"""What a file in loadtests/users/ says of itself, read from its text: nothing is sent for it."""

import ast
import inspect
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True, slots=True)
class UserFile:
    """The names that a user file uses; None where they are made up while it runs."""

    endpoints: tuple[str, ...]
    steps: tuple[str, ...] | None  # of `with session.step("redeem")`
    columns: tuple[str, ...] | None  # of `row["code"]`


def read(module: ModuleType) -> UserFile:
    """Read the names that a user file's `run` uses.

    Shape:   steps and columns in the order of the text. A step's name or a column that is not
             written out makes all of them None: then nothing can be held against them.
    """
    tree = ast.parse(inspect.getsource(module))
    named = getattr(module, "ENDPOINTS", ())  # a comma forgotten makes one text of it
    return UserFile(
        endpoints=(named,) if isinstance(named, str) else tuple(named),
        steps=_written(_step_names(tree)),
        columns=_written(_columns(tree)),
    )


def _step_names(tree: ast.Module) -> list[ast.expr]:
    return [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "step"
        and node.args
    ]


def _columns(tree: ast.Module) -> list[ast.expr]:
    """Return the keys under which `run` reads its row: the second of its arguments."""
    made: list[ast.expr] = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name != "run":
            continue
        row = node.args.args[1].arg if len(node.args.args) > 1 else ""
        made += [
            part.slice
            for part in ast.walk(node)
            if isinstance(part, ast.Subscript)
            and isinstance(part.value, ast.Name)
            and part.value.id == row
        ]
    return made


def _written(found: list[ast.expr]) -> tuple[str, ...] | None:
    names = [
        node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
        for node in found
    ]
    known = [name for name in names if name is not None]
    return tuple(dict.fromkeys(known)) if len(known) == len(names) else None
