"""Floor 4: the command line. One file per verb; this one finds the verb and turns failures into exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer

from ..core.errors import TintypeError
from . import (
    accounts,
    batch,
    books,
    credit,
    doctor,
    edit,
    generate,
    init,
    jobs,
    keys,
    models,
    providers,
    serve,
    usage,
    webhooks,
)
from .failures import CODES, ERROR, INTERRUPTED, code_of, sentence
from .groups import Group

HELP = f"""Draw pictures, or serve them: one image API in front of every image model.

Offline and free by default. With OPENAI_API_KEY set, OpenAI's own models draw, and are paid; with
OPENAI_BASE_URL set, that server draws.

Exit codes: {CODES}."""

_GROUP: dict[str, Any] = {
    "cls": Group,
    "invoke_without_command": True,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}

app = typer.Typer(
    name="tintype",
    cls=Group,
    help=HELP,
    rich_markup_mode=None,  # importing rich takes as long as all the rest of --help
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("generate")(generate.generate)
app.command("gen", hidden=True)(generate.generate)
app.command("edit")(edit.edit)
app.command("batch")(batch.batch)
app.command("models")(models.models)
app.command("providers")(providers.providers)
app.add_typer(keys.app, name="keys", **_GROUP)
app.add_typer(accounts.app, name="accounts", **_GROUP)
app.command("credit", context_settings={"ignore_unknown_options": True})(credit.credit)
app.command("usage")(usage.usage)
app.add_typer(jobs.app, name="jobs", **_GROUP)
app.command("books")(books.books)
app.add_typer(webhooks.app, name="webhooks", **_GROUP)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"tintype {version('tintype')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. Whatever goes wrong is one sentence on stderr and a code of `failures`.

    The interpreter is not taken down in order: threads of the HTTP client (pyreqwest 0.15.1) that still
    let go of a finished answer would then abort the process, one time in five on a busy machine.
    """
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a letter that the terminal has not got costs nobody a picture
            stream.reconfigure(errors="backslashreplace")
    code = run(list(sys.argv[1:] if arguments is None else arguments))
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(code)


def _open_what_is_closed() -> None:
    """Whoever is started without stdin, stdout or stderr has nothing there. Otherwise the next file to be opened
    takes its number, whichever that is, and what a library has to complain of is written into it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - as long as the process


def run(arguments: list[str]) -> int:
    try:
        code = app(arguments, prog_name="tintype", standalone_mode=False) or 0
        if code == INTERRUPTED:
            _complain("interrupted")
        return code
    except typer.TyperException as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "tintype")
        _complain(f"{error.format_message().rstrip('.')}. See '{command} --help'.")
        return getattr(error, "exit_code", 2)
    except TintypeError as error:
        _complain(sentence(error))
        return code_of(error)
    except BrokenPipeError:
        return ERROR
    except OSError as error:
        place = f"{str(error.filename)!r}: " if error.filename else ""
        _complain(f"{place}{error.strerror or error}")
        return ERROR
    except ValueError as error:
        _complain(str(error))
        return ERROR
    except Exception as error:
        if os.environ.get("TINTYPE_DEBUG"):
            raise
        _complain(f"{error!r} (TINTYPE_DEBUG=1 tells where)")
        return ERROR


def _complain(text: str) -> None:
    print(f"tintype: {text}", file=sys.stderr)
