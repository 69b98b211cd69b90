"""The child process that prints, as whoever waits for it sees it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec

from bot import logs
from bot.documents import TELLS, Unprintable
from bot.documents.texts import changed
from bot.sealed import own_environment
from cards.document import Paper

log = logs.get(__name__)

# Seconds. One takes well under two; a child that takes longer than this is not worth waiting for.
WITHIN = 20.0
AT_ONCE = 2
_children: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def printed(paper: Paper, kind: str, template: Path | None) -> bytes:
    """The file. Raises `Unprintable`."""
    words = [kind] if template is None else [kind, str(template)]
    loop = asyncio.get_running_loop()
    async with _children.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        try:
            code, made = await _in_child(words, _packed(paper))
        except (OSError, TimeoutError) as error:
            log.warning("document left out", kind=kind, why=repr(error))
            raise Unprintable("refused.file_failed", {}) from error
    if code == TELLS:
        told = msgspec.json.decode(made, type=dict[str, str])
        raise Unprintable("refused.template_broken", told)
    if code or not made:
        log.warning("document left out", kind=kind, why=f"the child ended with {code}")
        raise Unprintable("refused.file_failed", {})
    return made


async def _in_child(words: list[str], content: bytes) -> tuple[int | None, bytes]:
    """The exit code and the output of a child, which does not outlive this call."""
    child = await asyncio.create_subprocess_exec(
        # Without the present folder (-P): a module may lie in it that somebody else has put there.
        sys.executable, "-P", "-m", "bot.documents", *words, env=own_environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN):
            made, _ = await child.communicate(content)
    except BaseException:
        if child.returncode is None:
            child.kill()
        await child.wait()
        raise
    return child.returncode, made


def _packed(paper: Paper) -> bytes:
    try:
        return msgspec.json.encode(paper)
    except UnicodeEncodeError:
        # Half a character, as broken JSON may bring it along.
        return msgspec.json.encode(changed(paper, _whole))


def _whole(words: str) -> str:
    return words.encode("utf-8", "replace").decode()
