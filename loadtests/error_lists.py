"""The lists of errors in an answer's JSON: at its top, or beside what a mutation hands back (pure).

Source: GraphQL, October 2021, 7.1, for `errors` beside `data`; shops put their own refusals
further down, as `data.cartCreate.userErrors` or `data.checkout.checkoutErrors`.
"""

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any

Path = tuple[str, ...]

ANY = "*"  # a part of a path that is another one each time: the place in a list, an id
_DEEPEST = 8
_MOST = 20_000  # parts of an answer that are looked at


def error_lists(body: Any, member: str = "errors") -> Iterator[tuple[Path, Any]]:
    """Yield path and value of what tells errors, the uppermost first.

    Shape: at the top `member` itself, with whatever it holds; below, each list or object whose
           name ends in `member` in whatever case, if there is anything in it. Lists of answers
           and of things are gone through; their places stand as ANY in the path.
    """
    waiting: deque[tuple[Path, Any]] = deque([((), body)])
    for _ in range(_MOST):
        if not waiting:
            return
        path, node = waiting.popleft()
        if isinstance(node, list) and len(path) < _DEEPEST:
            waiting.extend(((*path, ANY), one) for one in node if isinstance(one, (dict, list)))
        elif isinstance(node, dict):
            top = all(part == ANY for part in path)
            for name, inside in node.items():
                own = top and name == member
                if (own and inside) or (name.lower().endswith(member.lower()) and _tells(inside)):
                    yield (*path, name), inside
                elif isinstance(inside, (dict, list)) and len(path) < _DEEPEST:
                    waiting.append(((*path, name), inside))


def known(path: Path, among: Collection[Path]) -> bool:
    """Whether one of some paths is this one; ANY in them stands for any part."""
    return any(
        len(one) == len(path)
        and all(want in (ANY, part) for want, part in zip(one, path, strict=True))
        for one in among
    )


def _tells(value: Any) -> bool:
    """Whether there is anything in a list or an object: {"name": [], "email": []} is empty."""
    return (
        any(value.values()) if isinstance(value, dict) else isinstance(value, list) and value != []
    )
