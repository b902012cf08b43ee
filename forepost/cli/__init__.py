"""The command line: a file in this folder is a command; rooms are imported when it runs."""

import ast
import contextlib
import importlib
import os
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forepost import __version__
from forepost.errors import ForepostError

if TYPE_CHECKING:
    from forepost.config import Config


class Files(click.Group):
    """A group whose commands are the files beside it, imported when asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the files."""
        del ctx
        return sorted(
            found.name.replace("_", "-")
            for found in pkgutil.iter_modules(__path__)
            if not found.name.startswith("_")
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by the first lines of their files, without importing them."""
        rows = []
        for name in self.list_commands(ctx):
            file = Path(__file__).with_name(f"{name.replace('-', '_')}.py")
            head = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").splitlines()[0]
            said = head.partition(": ")[2]
            rows.append((name, said[:1].upper() + said[1:]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Files, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="forepost")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    envvar="FOREPOST_CONFIG",
    help="The file to use instead of ./config.toml.",
)
@click.pass_context
def cli(ctx: click.Context, path: Path | None) -> None:
    """Know before they post: probe the shop, load it, listen to its customers."""
    ctx.obj = path


def config_of(ctx: click.Context) -> "Config":
    """Read the config that the command line asks for.

    Raises: ConfigError with one line a fault.
    """
    from forepost import config  # noqa: PLC0415 - --help must not wait for pydantic

    return config.load(ctx.find_root().obj)


def main() -> None:
    """Run the command line: result on stdout, everything else on stderr, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except ForepostError as error:
        code = _say(str(error), error.exit_code)
    except click.exceptions.Abort:
        code = _say("interrupted", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = 2
    except click.ClickException as error:
        code = _say(_usage(error), 2)
    except BrokenPipeError:
        # The reader of our result left (| head): nothing to tell, nobody to tell it to.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if os.environ.get("FOREPOST_DEBUG"):
            raise
        code = _say(f"fault in Forepost itself: {error!r}; set FOREPOST_DEBUG=1 to see where", 2)
    sys.exit(code if isinstance(code, int) else 0)


def _usage(error: click.ClickException) -> str:
    """Return click's complaint as one line: command, what, where help is."""
    said = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "forepost"
    return f"{path}: {said[:1].lower()}{said[1:]}; see {path} --help"


def _say(line: str, code: int) -> int:
    click.echo(line, err=True)
    return code
