"""Office files come from anybody: looked over as zip files first, then opened by a child process
that may use little memory and little time."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Sequence
from contextlib import suppress

MB = 1024 * 1024
LARGEST, UNPACKED, RATIO, PARTS = 5 * MB, 50 * MB, 100, 1_000
# Each element of a small part may become hundreds of bytes: this many are more than people write.
TAGS = 3_000_000
# The child's bounds: bytes of address space, seconds of processor, seconds altogether.
MEMORY, PROCESSOR, WITHIN = 512 * MB, 10, 15

_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_MACROS = re.compile(r"vbaproject\.bin$|/macrosheets/", re.IGNORECASE)
# The child needs nothing of ours but Python's own places; secrets stay outside.
_PASSED_ON = {"PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT"}
# Each child may take much memory for some seconds.
_CHILDREN = threading.BoundedSemaphore(2)


class Failed(Exception):  # noqa: N818
    """The child was ended by its bounds, or could not read what it was given."""


def own_environment() -> dict[str, str]:
    """The environment for a child of ours that needs no secrets."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON}


def in_child(module: str, content: bytes, *words: str) -> bytes:
    """What `python -m module words…` makes of the content. Takes up to 15 seconds."""
    # Without the present folder (-P): a module may lie in it that somebody else has put there.
    try:
        with _CHILDREN:
            done = subprocess.run(  # noqa: S603  (our own module)
                [sys.executable, "-PB", "-m", module, *words], input=content, timeout=WITHIN,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                env=own_environment(),
            )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed from error
    return done.stdout


def limit() -> None:
    """Bounds for this process, where the system has them."""
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return
    bounds = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_CPU: PROCESSOR}
    for what, most in (bounds | {resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}).items():
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def refused(content: bytes, needed: str) -> str | None:
    """Why a zip file is not even opened: `unsafe`, `locked`, `macros`, or `not_workbook` for one
    without the part `needed`; `None` for one that may be."""
    # Counted before the list is read, which would take an object for each of them.
    if content.count(b"PK\x01\x02") > PARTS:
        return "unsafe"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return _refused_parts(packed.infolist(), needed) or _refused_content(packed)
    except Exception:  # noqa: BLE001  (`zipfile` has no one error for what is no zip file)
        return "unsafe"


def _refused_parts(parts: Sequence[zipfile.ZipInfo], needed: str) -> str | None:
    """What the list of contents gives away, before anything is unpacked."""
    names = [part.filename for part in parts]
    if any(part.flag_bits & 0x1 for part in parts):
        return "locked"
    packing = {part.compress_type for part in parts}
    if (
        len(set(names)) != len(names)
        or any(re.match(r"[/\\]|[A-Za-z]:", n) or ".." in re.split(r"[/\\]", n) for n in names)
        or not packing <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        or sum(part.file_size for part in parts) > UNPACKED
        or any(part.file_size > RATIO * max(part.compress_size, 1) for part in parts)
    ):
        return "unsafe"
    if any(_MACROS.search(name) for name in names):
        return "macros"
    return None if needed in names else "not_workbook"


def _refused_content(packed: zipfile.ZipFile) -> str | None:
    """Each part unpacked piece by piece: as long as it says, its checksum right, no entities, and
    all together not more than can be taken apart in the child's bounds."""
    tags = 0
    for part in packed.infolist():
        size, end = 0, b""
        with packed.open(part) as stream:
            while piece := stream.read(64 * 1024):
                size += len(piece)
                tags += piece.count(b"<")
                if tags > TAGS:
                    return "unsafe"
                # Without zeros UTF-16 looks like ASCII.
                end += piece.replace(b"\0", b"")
                if _DECLARES.search(end):
                    return "unsafe"
                end = end[-16:]
        if size != part.file_size:
            return "unsafe"
    return None


def decoded(content: bytes) -> str | None:
    """The text of a file; `None` for what is no text."""
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    # GB18030 is what Excel writes on a Chinese Windows.
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            return None if "\0" in text else text
    return None
