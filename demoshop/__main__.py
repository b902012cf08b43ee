"""The command line: `python -m demoshop --out DIR`."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from demoshop.supervisor import Plan, StartError, Supervisor

MAX_PORT = 65_535 - 6  # seven ports in a row
WEB_TIER = {  # option: default, least, most, help
    "web-servers": (0, 0, 64, "servers of the web tier; 0: no limit"),
    "web-slots": (2, 1, 64, "pages that a server works on at once"),
    "web-hold-ms": (80, 1, 10_000, "its work on each page"),
    "web-wait-ms": (2000, 1, 60_000, "patience of the balancer"),
}


def parser() -> argparse.ArgumentParser:
    """Return the options; each is a field of Plan."""
    made = _Parser(prog="python -m demoshop", description="A shop to break on purpose.")
    made.add_argument("--out", type=Path, required=True, help="folder for the shop's databases")
    made.add_argument("--seed", type=int, default=0, help="seed of the town (0)")
    made.add_argument(
        "--port", type=_whole(0, MAX_PORT), default=0, help="the shop's; the others follow (free)"
    )
    made.add_argument("--no-town", dest="town", action="store_false", help="without customers")
    made.add_argument(
        "--ledger-pool", type=_whole(1, 64), default=2, help="connections of the ledger (2)"
    )
    made.add_argument(
        "--ledger-hold-ms", type=_whole(0, 10_000), default=200, help="each one's use (200)"
    )
    made.add_argument(
        "--ledger-wait-ms", type=_whole(1, 60_000), default=2000, help="patience (2000)"
    )
    for name, (default, low, high, text) in WEB_TIER.items():
        # From the environment too, so that one who starts the shop for others need not pass it on.
        given = os.environ.get(f"DEMOSHOP_{name.upper().replace('-', '_')}", str(default))
        made.add_argument(
            f"--{name}", type=_whole(low, high), default=given, help=f"{text} ({default})"
        )
    return made


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """End with 2, as any start that cannot be."""
        self.exit(2, f"demoshop: {message}; see python -m demoshop --help\n")


class _whole:  # noqa: N801 - argparse shows the name in its message
    """A whole number within limits."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def __call__(self, text: str) -> int:
        """Return the number, or let argparse name the value and the limits."""
        try:
            value = int(text)
        except ValueError:
            value = self._low - 1
        if not self._low <= value <= self._high:
            limits = f"a whole number from {self._low} to {self._high}"
            raise argparse.ArgumentTypeError(f"{text!r} is not {limits}")
        return value


def main() -> int:
    """Run until told to stop; 2 if it cannot start."""
    try:
        return Supervisor(Plan(**vars(parser().parse_args()))).run()
    except StartError as error:
        print(f"demoshop: {error}", file=sys.stderr)  # noqa: T201 - the one line for the user
        return 2


if __name__ == "__main__":
    sys.exit(main())
