"""What the commands of the command line share, and groups of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from bot.core.errors import SetupError

if TYPE_CHECKING:
    from bot.settings import Settings

DEBUG = {"on": False}


@contextmanager
def said() -> Iterator[None]:
    """Turn errors into one sentence: settings into exit 2, anything else into exit 1."""
    try:
        yield
    except SetupError as error:
        if DEBUG["on"]:
            raise
        typer.echo(f"golive: {error}", err=True)
        raise typer.Exit(2) from None
    except (OSError, RuntimeError, ImportError) as error:
        if DEBUG["on"]:
            raise
        typer.echo(f"golive: {_sentence(error)} Run with --debug for details.", err=True)
        raise typer.Exit(1) from None
    except Exception as error:
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        if DEBUG["on"] or not isinstance(error, SQLAlchemyError):
            raise
        typer.echo(
            "golive: the database that DATABASE_URL names is not set up or not there. "
            "`golive serve` sets it up; `golive doctor` says what is wrong with it.",
            err=True,
        )
        raise typer.Exit(1) from None


def _sentence(error: Exception) -> str:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return said.rstrip(".") + "."


def settings() -> Settings:
    from bot.settings import load  # noqa: PLC0415

    return load()


def spoken() -> str:
    """The language of the terminal: Chinese unless it asks for English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if spoken.startswith("en") else "zh"
