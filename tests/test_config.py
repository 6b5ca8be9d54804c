"""Settings: what stops the start and how it says so, who beats whom, and the secret that is made once."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from calltrack.config import BadSetting, Settings, keep_secret, read_settings

NAMES = (
    "DATABASE_URL REDIS_URL SECRET_KEY PUBLIC_URL PORT TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN TWILIO_API_URL "
    "RECORDINGS_URL TRANSCRIBER WHISPER_MODEL CALLTRACK_VAR"
).split()


@pytest.fixture(autouse=True)
def fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set, and the working directory is empty."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PUBLIC_URL", "calls.example.com"),
        ("PUBLIC_URL", "ftp://calls.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "http://[::1"),
        ("PUBLIC_URL", "https://calls.example.com:99999"),
        ("PUBLIC_URL", "https://calls.example.com:port"),
        ("TWILIO_API_URL", "api.twilio.com"),
        ("DATABASE_URL", "mysql://localhost/calls"),
        ("DATABASE_URL", "calls.db"),
        ("DATABASE_URL", "postgresql:"),
        ("DATABASE_URL", "sqlite:calls.db"),
        ("DATABASE_URL", "postgresql://calls:secret@localhost:port/calls"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://localhost:port"),
        ("TRANSCRIBER", "somebody"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as stopped:
        read_settings()
    message = str(stopped.value)
    assert f"{name}: " in message
    assert "\n" not in message


def test_a_refused_address_does_not_put_its_password_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DATABASE_URL", "mysql://ana:hunter22@db/x"), ("REDIS_URL", "http://:hunter22@queue:6379")):
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            with pytest.raises(BadSetting) as stopped:
                read_settings()
        assert "hunter22" not in str(stopped.value)


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "none")
    monkeypatch.setenv("TRANSCRIBER", "somebody")
    with pytest.raises(BadSetting, match=r"PORT: .*; TRANSCRIBER: "):
        read_settings()


def test_whisper_needs_the_folder_of_a_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRANSCRIBER", "whisper")
    for missing in ("", str(tmp_path / "nowhere")):
        monkeypatch.setenv("WHISPER_MODEL", missing)
        with pytest.raises(BadSetting, match="WHISPER_MODEL"):
            read_settings()
    monkeypatch.setenv("WHISPER_MODEL", str(tmp_path))
    assert read_settings().transcriber == "whisper"


def test_without_any_setting_everything_is_embedded_and_relative_to_the_start(tmp_path: Path) -> None:
    settings = read_settings()
    assert settings.database == f"sqlite:///{tmp_path}/var/calltrack.db"
    assert settings.queue_url == f"unix://{tmp_path}/var/queue/valkey.sock"
    assert (settings.base_url, settings.recordings_url) == ("http://localhost:8000", "recordings/")
    assert (settings.twilio_api_url, settings.transcriber) == ("https://api.twilio.com", "carrier")


@pytest.mark.parametrize(
    ("given", "tokens"),
    [
        ("one", ("one",)),
        ("one,two", ("one", "two")),
        (" one , two ,", ("one", "two")),
        (",", ()),
        ("", ()),
    ],
)
def test_several_tokens_are_accepted_while_one_replaces_another(
    monkeypatch: pytest.MonkeyPatch, given: str, tokens: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", given)
    assert read_settings().twilio_auth_token == tokens


def test_the_env_file_is_read_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nTWILIO_ACCOUNT_SID=AC1\nTWILIO_AUTH_TOKEN=a,b\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC2")
    settings = read_settings()
    assert (settings.port, settings.twilio_account_sid, settings.twilio_auth_token) == (9000, "AC2", ("a", "b"))


def test_a_bad_value_in_the_env_file_is_named_like_any_other(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=ninety\n")
    with pytest.raises(BadSetting, match="PORT: "):
        read_settings()


def test_an_empty_variable_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "")
    assert (read_settings().port, read_settings().database_url) == (8000, "")


def test_herokus_spelling_of_postgresql_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ana@db/calls")
    assert read_settings().database == "postgresql://ana@db/calls"


@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        ("https://calls.example.com/", "https://calls.example.com"),
        ("https://example.com/calls/", "https://example.com/calls"),
        ("http://localhost:8000", ""),
        ("http://127.0.0.1:8000/calls", "/calls"),
        ("http://[::1]:8000", ""),
        ("", ""),
    ],
)
def test_callbacks_are_absolute_but_on_loopback(monkeypatch: pytest.MonkeyPatch, public_url: str, base: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", public_url)
    assert read_settings().callback_base == base


def test_a_queue_socket_whose_path_is_too_long_for_one_lies_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    one, again, other = (Settings(_env_file=None, var=path) for path in (deep, deep, deep / "er"))
    assert len(str(one.queue_socket)) < 100
    assert one.queue_socket == again.queue_socket != other.queue_socket


def test_the_secret_is_the_one_set_or_one_kept_under_var(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = read_settings().session_secret
    assert len(made) >= 32
    assert read_settings().session_secret == made
    assert [one.name for one in (tmp_path / "var").iterdir()] == ["secret_key"]
    monkeypatch.setenv("SECRET_KEY", "mine")
    assert read_settings().session_secret == "mine"


def test_only_the_service_itself_may_read_the_secret(tmp_path: Path) -> None:
    keep_secret(path=tmp_path / "secret_key")
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_threads_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = list(threads.map(lambda _: keep_secret(path=tmp_path / "var" / "secret_key"), range(32)))
    assert len(set(secrets)) == 1
    assert os.listdir(tmp_path / "var") == ["secret_key"]  # noqa: PTH208 - names alone are asked for


@pytest.mark.slow
def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        secrets = processes.map(_secret_at, [tmp_path / "var" / "secret_key"] * 8, chunksize=1)
    assert len(set(secrets)) == 1


def _secret_at(path: Path) -> str:
    return keep_secret(path=path)
