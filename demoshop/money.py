"""Money is an integer of cents; this is how it is written and how a share of it is rounded."""

NBSP = "\u00a0"  # an amount never breaks over two lines


def euro(cents: int) -> str:
    """Return `cents` as the shop writes them: `€ 24.90`, `−€ 3.00`."""
    sign = "\u2212" if cents < 0 else ""
    return f"{sign}€{NBSP}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def percent_of(cents: int, percent: int) -> int:
    """Return that share of `cents`, rounded half up to the cent."""
    return (cents * percent + 50) // 100
