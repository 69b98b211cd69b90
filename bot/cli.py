"""The command line. Heavy imports stand inside the commands, so that `--help` is quick.

Exit codes: 0 done, 1 something is wrong and was said, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot import terminal
from bot.core.errors import SetupError
from bot.terminal.faq import faq_app
from bot.terminal.keeping import add_keeping
from bot.terminal.report import report_app

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(
    name="golive",
    help="The chat bot that keeps software delivery projects on track.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
outbox_app = typer.Typer(help="What is owed to people, and what could not be sent.")
app.add_typer(outbox_app, name="outbox", no_args_is_help=True)
roster_app = typer.Typer(help="Who belongs to a project.")
app.add_typer(roster_app, name="roster", no_args_is_help=True)
plan_app = typer.Typer(help="The plans of projects.")
app.add_typer(plan_app, name="plan", no_args_is_help=True)
app.add_typer(faq_app, name="faq", no_args_is_help=True)
app.add_typer(report_app, name="report", no_args_is_help=True)
add_keeping(app)
eval_app = typer.Typer(help="Score the understanding of chat text on labelled lines.")
app.add_typer(eval_app, name="eval", no_args_is_help=True)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """The chat bot that keeps software delivery projects on track."""
    terminal.DEBUG["on"] = debug


@app.command()
def serve(host: Host = "0.0.0.0", port: Port = 8000) -> None:  # noqa: S104
    """Serve every platform that is configured."""
    with terminal.said():
        from bot.settings import LOOPBACK  # noqa: PLC0415

        settings = terminal.settings()
        if settings.playground and host not in LOOPBACK:
            msg = "PLAYGROUND=1 needs a loopback address: add --host 127.0.0.1."
            raise SetupError(msg)
        _run(settings, host, port)


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    data: Annotated[Path, typer.Option(help="Where the sandbox keeps its database.")] = Path(
        "data/demo"
    ),
) -> None:
    """Try everything in a group chat in the browser; needs no credentials."""
    with terminal.said():
        from bot.settings import LOOPBACK, Settings  # noqa: PLC0415

        if host not in LOOPBACK:
            msg = f"The playground has no login, so it runs on 127.0.0.1 only, not on {host}."
            raise SetupError(msg)
        data.mkdir(parents=True, exist_ok=True)
        # Nothing of a real app reaches the sandbox, whatever stands in the environment.
        names = ("_id", "_secret", "_key", "_token")
        apart: dict[str, Any] = {n: "" for n in Settings.model_fields if n.endswith(names)}
        settings = Settings(
            _env_file=None,
            database_url=f"sqlite+aiosqlite:///{data / 'golive.db'}",
            playground=True,
            log_level=os.environ.get("LOG_LEVEL", "WARNING").upper(),
            **apart,
        )
        _run(settings, host, port, sandbox=True, drain=0.0)


def _run(
    settings: Settings,
    host: str,
    port: int,
    *,
    sandbox: bool = False,
    drain: float = 1.0,
) -> None:
    """Migrate, wire, serve."""
    from bot import logs  # noqa: PLC0415

    logs.set_up(settings.log_level, settings.log_format, settings.secrets())
    from bot.app import create_app  # noqa: PLC0415
    from bot.server import run  # noqa: PLC0415
    from bot.wiring import wire  # noqa: PLC0415

    wired = wire(settings, sandbox=sandbox)
    _migrate(settings.database_url)

    def ready() -> None:
        where = f"http://{host}:{port}"
        typer.echo(f"Golive is ready: {where}/playground" if wired.pages else f"Ready: {where}")

    try:
        run(create_app(wired), wired, host, port, drain=drain, ready=ready)
    except OSError as error:
        msg = f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
        raise OSError(msg) from error


def _migrate(url: str) -> None:
    """Bring the schema up to date; when it is, without the second that Alembic takes to load."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from storage import migrate  # noqa: PLC0415

    try:
        if not migrate.is_current(url):
            migrate.migrate(url)
        read_only = migrate.is_read_only(url)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        msg = f"the database of DATABASE_URL cannot be used: {said}"
        raise RuntimeError(msg) from error
    if read_only:
        msg = "the database of DATABASE_URL is read-only; give it a place that can be written"
        raise RuntimeError(msg)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no platform.")] = False,
) -> None:
    """What is set up wrongly, what that breaks, and the one thing to do."""
    import asyncio  # noqa: PLC0415
    import json  # noqa: PLC0415

    from bot.core.findings import Finding, State  # noqa: PLC0415
    from cards.doctor import in_words, worst  # noqa: PLC0415
    from cards.words import Words  # noqa: PLC0415

    try:
        settings = terminal.settings()
    except SetupError as error:
        found = [Finding("settings", State.FAIL, {"why": str(error)})]
    else:
        from bot.doctor import examine  # noqa: PLC0415

        found = asyncio.run(examine(settings, offline=offline))
    lines = [in_words(Words(terminal.spoken()), one) for one in found]
    if as_json:
        checks = [
            {"code": line.code, "state": line.state.value, "found": line.found}
            | {"breaks": line.breaks, "remedy": line.remedy}
            for line in lines
        ]
        shown = {"state": worst(found).value, "checks": checks}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            said = " ".join(part for part in (line.found, line.breaks, line.remedy) if part)
            typer.echo(f"{line.sign} {line.code}: {said}")
    raise typer.Exit(1 if worst(found) is State.FAIL else 0)


@app.command()
def understand(
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """How each line on standard input would be taken, and why."""
    with terminal.said():
        from bot.language_commands import understand as take  # noqa: PLC0415
        from cards.words import Words  # noqa: PLC0415

        clean = True
        for said, fine in take(sys.stdin, Words(terminal.spoken()), as_json=as_json):
            typer.echo(said if fine else f"golive: {said}", err=not fine)
            clean &= fine
    raise typer.Exit(0 if clean else 1)


@eval_app.callback()
def evaluation() -> None:
    """Score the understanding on labelled lines."""


File = Annotated[Path, typer.Argument(help="Labelled lines, JSON.", exists=True, dir_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Wrong = Annotated[int, typer.Option(min=0, help="Show so many lines that went wrong.")]


@eval_app.command("standup")
def eval_standup(file: File, as_json: Json = False, wrong: Wrong = 5) -> None:
    """Done, plan and blockers of stand-ups."""
    _evaluate("standup", file, as_json=as_json, wrong=wrong)


@eval_app.command("risk")
def eval_risk(file: File, as_json: Json = False, wrong: Wrong = 5) -> None:
    """Risks in lines of chat."""
    _evaluate("risk", file, as_json=as_json, wrong=wrong)


@eval_app.command("dates")
def eval_dates(file: File, as_json: Json = False, wrong: Wrong = 5) -> None:
    """Dates and times of day."""
    _evaluate("dates", file, as_json=as_json, wrong=wrong)


@eval_app.command("commands")
def eval_commands(file: File, as_json: Json = False, wrong: Wrong = 5) -> None:
    """Intents and their slots."""
    _evaluate("commands", file, as_json=as_json, wrong=wrong)


@eval_app.command("faq")
def eval_faq(
    entries: Annotated[Path, typer.Option(help="The library, JSON lines.", exists=True)],
    queries: Annotated[Path, typer.Option(help="Labelled questions, JSON lines.", exists=True)],
    as_json: Json = False,
    predictions: Annotated[
        Path | None, typer.Option(help="Write what was found for each question here.")
    ] = None,
    lexical: Annotated[bool, typer.Option("--lexical", help="Without the encoder.")] = False,
    used: Annotated[
        Path | None,
        typer.Option(help="Labelled questions whose wordings are learnt first.", exists=True),
    ] = None,
) -> None:
    """Questions to a library."""
    with terminal.said():
        from bot.faq_evaluation import evaluate  # noqa: PLC0415

        for line in evaluate(
            entries,
            queries,
            as_json=as_json,
            predictions=predictions,
            lexical=lexical,
            used=used,
        ):
            typer.echo(line)


def _evaluate(kind: str, file: Path, *, as_json: bool, wrong: int) -> None:
    with terminal.said():
        from bot.language_commands import evaluate  # noqa: PLC0415

        for line in evaluate(kind, file, as_json=as_json, wrong=wrong):
            typer.echo(line)


@roster_app.callback()
def roster() -> None:
    """Who belongs to a project."""


@roster_app.command("import")
def roster_import(
    file: Annotated[Path, typer.Argument(help="CSV: account, name, role.", exists=True)],
    project: Annotated[str, typer.Option(help="The project's name.")],
) -> None:
    """Take people in from a table, where the platform lists nobody."""
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot.roster import read, take_in  # noqa: PLC0415

        rows = read(file)
        new, kept = asyncio.run(take_in(terminal.settings().database_url, rows, project))
    typer.echo(f"{len(rows)} people read, {new} of them new to the project.")
    if kept:
        typer.echo(f"{kept} kept the role that they have; change it in the group.")


@plan_app.callback()
def plan() -> None:
    """The plans of projects."""


@plan_app.command("import")
def plan_import(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: milestone, date, owner.", exists=True)],
    project: Annotated[str, typer.Option(help="The project's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Write it; else it is only shown.")] = False,
) -> None:
    """Add a plan's milestones from a table. Without --yes nothing is written."""
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot.plan_commands import read, take_in  # noqa: PLC0415
        from bot.shelf import Shelf  # noqa: PLC0415

        given = terminal.settings()
        shelf = Shelf.of(given.calendar_dir, given.template_dir)
        found = read(file)
        told, wrong = asyncio.run(take_in(given.database_url, shelf, found, project, write=yes))
    for line in wrong or told:
        typer.echo(line)
    if wrong:
        typer.echo("Nothing was imported.", err=True)
        raise typer.Exit(1)
    typer.echo("Imported." if yes else "Nothing is written yet; run it again with --yes.")


@outbox_app.command("list")
def outbox_list(
    state: Annotated[str, typer.Option(help="owed, dead or all.")] = "all",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
) -> None:
    """What is still owed, and what is dead and why."""
    _outbox("list", state=state, limit=limit)


@outbox_app.command("show")
def outbox_show(
    key: Annotated[str, typer.Argument(help="Number or key of a row.")],
) -> None:
    """One row, with the words that it carries."""
    _outbox("show", key=key)


@outbox_app.command("retry")
def outbox_retry(
    keys: Annotated[list[str] | None, typer.Argument(help="Numbers or keys of dead rows.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead rows.")] = False,
) -> None:
    """Send dead rows again."""
    if not keys and not everything:
        typer.echo("golive: name rows, or use --all.", err=True)
        raise typer.Exit(2)
    _outbox("retry", keys=keys or [], everything=everything)


def _outbox(what: str, **named: object) -> None:
    with terminal.said():
        import asyncio  # noqa: PLC0415

        from bot import outbox_commands  # noqa: PLC0415

        settings = terminal.settings()
        done = asyncio.run(outbox_commands.run(what, settings.database_url, **named))
    raise typer.Exit(0 if done else 1)


def main() -> None:
    """The console script."""
    sys.exit(app())
