"""Traces and metrics for an OpenTelemetry collector, through FastAPI's own hooks.

They are told of where the standard's variables name a collector, and only of pushes: the addresses
of forms and of the playground open things to whoever has them, so they leave this machine with
nobody. What is logged stays here too.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from fastapi.telemetry import TelemetryConfig

from bot.core.errors import SetupError

_ANYWHERE = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SIGNALS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
_PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
_SPOKEN = "http/protobuf"


def telemetry(environ: Mapping[str, str] | None = None) -> TelemetryConfig:
    """What FastAPI is told; raises `SetupError` where a collector is named that cannot be told."""
    environ = os.environ if environ is None else environ
    named = {name: environ[name] for name in (_ANYWHERE, *_SIGNALS) if environ.get(name)}
    if named:
        _check(named, environ.get(_PROTOCOL) or _SPOKEN)
    return {
        "auto_configure": bool(named),
        "tracing": bool({_ANYWHERE, _SIGNALS[0]} & named.keys()),
        "metrics": bool({_ANYWHERE, _SIGNALS[1]} & named.keys()),
        "logs": False,
        "operation_spans": False,
        "exclude": _is_no_push,
    }


def _check(named: Mapping[str, str], protocol: str) -> None:
    for name, address in named.items():
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            msg = f"{name} is no address: it begins with http:// or https://, as http://collector:4318"
            raise SetupError(msg)
    if protocol != _SPOKEN:
        msg = f"{_PROTOCOL} is {protocol!r}, but Golive speaks {_SPOKEN} (port 4318) alone"
        raise SetupError(msg)
    if importlib.util.find_spec("opentelemetry.exporter") is None:
        msg = f"{next(iter(named))} is set, but the exporter is missing: install golive[telemetry]"
        raise SetupError(msg)


def _is_no_push(scope: MutableMapping[str, Any]) -> bool:
    return not str(scope.get("path", "")).startswith("/webhook/")
