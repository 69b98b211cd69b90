"""All settings, read once from the environment and `.env`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.core.errors import SetupError
from bot.embedders import Encoder

ENGINES = ("sqlite+aiosqlite:///", "postgresql+asyncpg://", "postgresql+psycopg://")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
# Reports look back over a quarter.
SHORTEST_RETENTION = 90
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(BaseSettings):
    """One field per variable; the names are those of docs/operate.md."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    database_url: str = "sqlite+aiosqlite:///./data/golive.db"
    timezone: str = "Asia/Shanghai"
    public_url: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    calendar_dir: Path | None = None
    template_dir: Path | None = None
    # What the FAQ is understood by: an encoder from a wheel, or letters and sounds alone.
    faq_encoder: Literal["e5", "use", "endpoint", "none"] = "e5"
    faq_encoder_url: str = ""
    faq_encoder_model: str = ""
    faq_encoder_key: SecretStr = SecretStr("")
    playground: bool = False
    # How long what people wrote is kept; 0 keeps it for ever.
    retention_days: int = Field(default=1095, ge=0)
    # Asked every minute while all is well, so that somebody else notices when it is not.
    heartbeat_url: str = ""

    feishu_app_id: str = ""
    feishu_app_secret: SecretStr = SecretStr("")
    feishu_encrypt_key: SecretStr = SecretStr("")
    feishu_verification_token: SecretStr = SecretStr("")
    feishu_base_url: str = Field(default="https://open.feishu.cn")
    feishu_mode: Literal["webhook", "websocket"] = "webhook"

    dingtalk_client_id: str = ""
    dingtalk_client_secret: SecretStr = SecretStr("")
    dingtalk_robot_code: str = ""
    dingtalk_api_base_url: str = "https://api.dingtalk.com"
    dingtalk_oapi_base_url: str = "https://oapi.dingtalk.com"
    dingtalk_event_token: SecretStr = SecretStr("")
    dingtalk_event_aes_key: SecretStr = SecretStr("")
    dingtalk_card_secret: SecretStr = SecretStr("")
    dingtalk_card_template: str = ""
    dingtalk_mode: Literal["webhook", "stream"] = "webhook"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("calendar_dir", "template_dir", mode="before")
    @classmethod
    def _no_folder(cls, folder: object) -> object:
        return folder or None

    @field_validator("database_url")
    @classmethod
    def _known_engine(cls, url: str) -> str:
        if not url.startswith(ENGINES):
            msg = f"use one of {', '.join(f'{engine}…' for engine in ENGINES)}"
            raise ValueError(msg)
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            msg = "no such address; write it as postgresql+asyncpg://user:password@host:5432/name"
            raise ValueError(msg) from None
        if not parsed.database:
            msg = "the database's name is missing at the end"
            raise ValueError(msg)
        return url

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = f"no time zone is called {name[:40]!r}; use an IANA name such as Asia/Shanghai"
            raise ValueError(msg) from None
        return name

    @field_validator("feishu_base_url", "dingtalk_api_base_url", "dingtalk_oapi_base_url")
    @classmethod
    def _https(cls, url: str) -> str:
        loopback = url.startswith("http://") and urlsplit(url).hostname in LOOPBACK
        if not url.startswith("https://") and not loopback:
            msg = "use an https:// address, such as https://open.feishu.cn"
            raise ValueError(msg)
        return url.rstrip("/")

    @field_validator("retention_days")
    @classmethod
    def _long_enough(cls, days: int) -> int:
        if 0 < days < SHORTEST_RETENTION:
            msg = f"keep what people wrote for at least {SHORTEST_RETENTION} days, or 0 for ever"
            raise ValueError(msg)
        return days

    @field_validator("public_url", "faq_encoder_url", "heartbeat_url")
    @classmethod
    def _public(cls, url: str) -> str:
        return cls._https(url) if url else ""

    @field_validator("dingtalk_event_aes_key")
    @classmethod
    def _aes_key(cls, key: SecretStr) -> SecretStr:
        if key.get_secret_value() and not _AES_KEY.fullmatch(key.get_secret_value()):
            msg = "the key has 43 letters and digits; copy it from the event subscription page"
            raise ValueError(msg)
        return key

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._together("feishu_app_id", ("feishu_app_secret",), ("feishu_encrypt_key",))
        if self.feishu_app_id:
            token = self.feishu_verification_token.get_secret_value()
            if self.feishu_mode == "webhook" and not token:
                msg = "FEISHU_VERIFICATION_TOKEN is missing; FEISHU_APP_ID needs it"
                raise ValueError(msg)
        self._together(
            "dingtalk_client_id",
            ("dingtalk_client_secret",),
            ("dingtalk_event_token", "dingtalk_event_aes_key", "dingtalk_card_secret"),
        )
        if bool(self._plain("dingtalk_event_token")) != bool(self._plain("dingtalk_event_aes_key")):
            msg = "DINGTALK_EVENT_TOKEN and DINGTALK_EVENT_AES_KEY need each other"
            raise ValueError(msg)
        if self.dingtalk_card_template and self.dingtalk_mode == "webhook":
            for name in ("dingtalk_card_secret", "public_url"):
                if not self._plain(name):
                    msg = f"{name.upper()} is missing; DINGTALK_CARD_TEMPLATE by webhook needs it"
                    raise ValueError(msg)
        return self

    @property
    def encoder(self) -> Encoder:
        """What the FAQ is searched by meaning with."""
        key = self.faq_encoder_key.get_secret_value()
        return Encoder(self.faq_encoder, self.faq_encoder_url, self.faq_encoder_model, key)

    def _together(self, id_: str, needed: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        """With a platform's id its `needed` settings are there; without it none of all."""
        have = self._plain(id_)
        for name in needed if have else ():
            if not self._plain(name):
                msg = f"{name.upper()} is missing; {id_.upper()} needs it"
                raise ValueError(msg)
        if not have and any(self._plain(name) for name in (*needed, *allowed)):
            platform = id_.split("_", maxsplit=1)[0].upper()
            msg = f"{id_.upper()} is missing; the other {platform} settings need it"
            raise ValueError(msg)

    def _plain(self, name: str) -> str:
        value = getattr(self, name)
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    def secrets(self) -> list[str]:
        """Everything that must never be seen in a log, the database's password too."""
        found = [
            value.get_secret_value()
            for value in (getattr(self, name) for name in type(self).model_fields)
            if isinstance(value, SecretStr)
        ]
        _, _, rest = self.database_url.partition("://")
        user, at, _ = rest.rpartition("@")
        return [*found, user.partition(":")[2]] if at else found


def load() -> Settings:
    """The settings, or `SetupError` with one sentence that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = str(first["loc"][0]).upper() if first["loc"] else ""
        said = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise SetupError(f"{where}: {said}." if where else f"{said}.") from None
