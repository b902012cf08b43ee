"""A user's folder with a config.toml, and the program as it is called there."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOREPOST = Path(sys.executable).parent / "forepost"
LIMIT_S = 180.0


@dataclass(frozen=True, slots=True)
class Said:
    """How a call ended."""

    code: int
    out: str
    err: str

    def refusal(self, lines: int = 1) -> str:
        """Return what stderr says; fail unless that is all, in so many lines, with exit code 2."""
        assert self.code == 2, self
        assert self.out == "", self
        assert self.err.endswith("\n"), self
        assert len(self.err.splitlines()) == lines, self.err
        assert "Traceback" not in self.err
        assert "fault in Forepost itself" not in self.err
        return self.err.strip()


@dataclass(frozen=True, slots=True)
class Home:
    """The folder. `environment` is added to what the program sees, without any FOREPOST_ key."""

    folder: Path
    environment: tuple[tuple[str, str], ...] = ()

    def write(self, config: str) -> None:
        """Write config.toml."""
        (self.folder / "config.toml").write_text(config, "utf-8")

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment of a call."""
        usual = {k: v for k, v in os.environ.items() if not k.startswith("FOREPOST_")}
        return {**usual, **dict(self.environment), **more}

    def call(self, *arguments: str, stdin: str = "", **more: str) -> Said:
        """Run `forepost ARGUMENTS` to its end."""
        return self.run(str(FOREPOST), *arguments, stdin=stdin, **more)

    def run(self, *command: str, stdin: str = "", **more: str) -> Said:
        """Run any command here."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            input=stdin,
            env=self.variables(**more),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def files(self) -> list[str]:
        """Return what lies here, by relative path."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))
