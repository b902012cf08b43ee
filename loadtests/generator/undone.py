"""What a clean-up came to, in one line, for a run that was refused and has no page for it."""

from collections.abc import Iterable, Mapping, Sequence

_LONGEST = 200  # characters of what one user file says


def words(told: Iterable[Mapping[str, object]], unknown: Sequence[str] = ()) -> str:
    """Return "3 of 3 made things undone", or what is left of which flow; "" if nobody can tell.

    Shape: `told` as `Stage.clean_up` yields it. `unknown`: flows that died before they could say
           what they had made. What is not known is never counted as undone.
    """
    every = list(told)
    made, undone = _sum(every, "made"), _sum(every, "undone")
    said = [f"{undone} of {made} made things undone"] if made else []
    left = {str(one["flow"]): _number(one["left"]) for one in every}
    if any(left.values()):
        names = ", ".join(f"{flow} {number}" for flow, number in left.items() if number)
        said.append(f"{sum(filter(None, left.values()))} left in the shop: {names}")
    for one in every:
        if one["error"] or left[str(one["flow"])] is None:
            why = _line(one["error"]) or "it does not say"
            said.append(f"not known what is left of {one['flow']} ({why})")
    said += [f"not known what was made for {flow}" for flow in unknown]
    return "; ".join(said or ["nothing is left in the shop"] * bool(every))


def _sum(told: Iterable[Mapping[str, object]], what: str) -> int:
    return sum(_number(one[what]) or 0 for one in told)


def _number(value: object) -> int | None:
    """Return a number of things; a user file may give their names instead."""
    if isinstance(value, list | tuple):
        return len(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _line(error: object) -> str:
    """Return what a user file says on one line, without what could move a cursor."""
    text = " ".join(str(error).split())
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:_LONGEST]
