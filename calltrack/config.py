"""Settings, read once from the environment; a bad value stops the start with one clear line."""

import os
import secrets
import tempfile
from email.utils import parseaddr
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOG_MAIL = "log:"  # instead of a mail server: e-mail is printed to the log of the process that would send it


class BadSetting(SystemExit):
    """A setting that cannot be used; its message names the variable and what to write instead."""


class Settings(BaseSettings):
    """What the environment (or `.env`) says; see docs/settings.md for each variable."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    public_url: str = ""
    port: int = Field(default=8000, ge=1, le=65535)
    twilio_account_sid: str = ""
    twilio_auth_token: Annotated[tuple[str, ...], NoDecode] = ()
    twilio_api_url: str = "https://api.twilio.com"
    signalwire_project_id: str = ""
    signalwire_api_token: str = ""
    signalwire_signing_key: Annotated[tuple[str, ...], NoDecode] = ()
    signalwire_space_url: str = ""
    recordings_url: str = "recordings/"
    transcriber: Literal["carrier", "whisper", "none"] = "carrier"
    whisper_model: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    var: Path = Field(default=Path("var"), validation_alias="CALLTRACK_VAR")

    @field_validator("twilio_auth_token", "signalwire_signing_key", mode="before")
    @classmethod
    def _split_tokens(cls, value: Any) -> Any:
        """Several tokens, comma-separated, are all accepted while one replaces another."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("signalwire_space_url", mode="before")
    @classmethod
    def _whole_address(cls, value: Any) -> Any:
        """SignalWire's own pages show a space without the scheme."""
        return f"https://{value}" if isinstance(value, str) and value and "://" not in value else value

    @field_validator("public_url", "twilio_api_url", "signalwire_space_url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not _names_a_host(value)):
            raise ValueError("this is not an http(s) address such as https://calls.example.com")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: str) -> str:
        if value.startswith("postgres://"):
            value = "postgresql://" + value.removeprefix("postgres://")
        try:
            known = not value or make_url(value).drivername in ("sqlite", "postgresql", "postgresql+psycopg")
        except (ArgumentError, ValueError):
            known = False
        if not known or value in ("sqlite://", "sqlite:///"):
            raise ValueError("this is no address like postgresql://user:password@host/name or sqlite:////path/to/file")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, value: str) -> str:
        fits = value.startswith("unix://") or (value.startswith(("redis://", "rediss://")) and _names_a_host(value))
        if value and not fits:
            raise ValueError("this is no address like redis://host:6379/0, rediss:// or unix:///path")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url(cls, value: str) -> str:
        fits = value == LOG_MAIL or (value.startswith(("smtp://", "smtps://")) and _names_a_host(value))
        if value and not fits:
            raise ValueError("this is no address like smtp://user:password@host:587, smtps://host, nor the word log:")
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_from(cls, value: str) -> str:
        if value and (not value.isprintable() or "@" not in parseaddr(value)[1]):
            raise ValueError("this is no sender like calltrack@example.com or Ana's Heating <calltrack@example.com>")
        return value

    @model_validator(mode="after")
    def _mail_needs_a_sender(self) -> "Settings":
        if self.smtp_url not in ("", LOG_MAIL) and not self.mail_from:
            raise ValueError("SMTP_URL needs MAIL_FROM, the address that e-mail is sent from")
        return self

    @model_validator(mode="after")
    def _whisper_needs_a_model(self) -> "Settings":
        if self.transcriber == "whisper" and not (self.whisper_model and Path(self.whisper_model).is_dir()):
            raise ValueError("TRANSCRIBER=whisper needs WHISPER_MODEL, the folder of a CTranslate2 model")
        return self

    @cached_property
    def database(self) -> str:
        """The database address, the embedded SQLite file when none is set."""
        return self.database_url or f"sqlite:///{(self.var / 'calltrack.db').resolve()}"

    @cached_property
    def queue_url(self) -> str:
        """REDIS_URL, or the embedded queue's socket, which is there while `calltrack run` is."""
        return self.redis_url or f"unix://{self.queue_socket}"

    @cached_property
    def queue_socket(self) -> Path:
        """The embedded queue's Unix socket; below the temporary folder where `var/` lies too deep for a socket."""
        socket = self.var.resolve() / "queue" / "valkey.sock"
        if len(str(socket)) < 100:
            return socket
        name = sha256(str(socket).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"calltrack-{os.getuid()}-{name}.sock"

    @property
    def spool(self) -> Path:
        """The folder of deliveries that wait for the database."""
        return self.var / "spool"

    @property
    def sounds(self) -> Path:
        """The folder of copies of the sounds that callers hear."""
        return self.var / "sounds"

    @property
    def routing_snapshot(self) -> Path:
        """The file that `/voice` answers from while the database is away."""
        return self.var / "routing.json"

    @cached_property
    def base_url(self) -> str:
        """The address that the carrier sees and signs, without a trailing slash."""
        return self.public_url or f"http://localhost:{self.port}"

    @cached_property
    def callback_base(self) -> str:
        """What stands before our paths in TwiML: nothing on loopback, where an absolute address helps no carrier."""
        loopback = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
        return urlsplit(self.base_url).path if loopback else self.base_url

    @cached_property
    def session_secret(self) -> str:
        """SECRET_KEY, or one made on the first start and kept under `var/`."""
        return self.secret_key or keep_secret(path=self.var / "secret_key")


def _names_a_host(url: str) -> bool:
    """A host, and if a port then one that can be. The address itself is never repeated: it may hold a password."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def keep_secret(*, path: Path) -> str:
    """The secret kept at `path`, made there on first use; two processes that start at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
    fresh.chmod(0o600)
    try:
        os.link(fresh, path)  # race: only the first process's link succeeds; the others read what it wrote
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii")


def read_settings(**overrides: Any) -> Settings:
    """Settings from the environment, `.env` and then defaults; raises BadSetting with one line a bad value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [
            f"{str(problem['loc'][0]).upper() if problem['loc'] else 'settings'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_url=False)
        ]
        raise BadSetting("calltrack cannot start: " + "; ".join(lines)) from None
