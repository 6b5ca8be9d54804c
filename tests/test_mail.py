"""E-mail: sent once and whole, or refused with one error that says why and whether to try again."""

import logging
import socket
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.config import BadSetting, Settings, read_settings
from calltrack.mail import Attachment, MailUnavailable, can_send, is_address, send
from tests.postbox import Postbox, postbox

ANA, BEN = "ana@example.com", "ben@example.com"
pytestmark = pytest.mark.enable_socket


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as running:
        yield running


def to_box(box: Postbox, **changes: Any) -> Settings:
    chosen = {"smtp_url": box.url, "mail_from": "Ana's Heating <reports@example.com>", **changes}
    return Settings(_env_file=None, **chosen)


def refusal(settings: Settings, **more: Any) -> MailUnavailable:
    with pytest.raises(MailUnavailable) as refused:
        send(settings, **{"to": [ANA], "subject": "s", "text": "t", **more})
    return refused.value


def test_a_message_arrives_with_its_text_html_and_files(box: Postbox) -> None:
    files = [
        Attachment("a.pdf", "application/pdf", b"%PDF-\x00\xff"),
        Attachment("b.csv", "text/csv; charset=utf-8", b"a"),
    ]
    refused = send(
        to_box(box), to=[ANA, BEN], subject="Łeads", text="Žlutý\n.\nend", html="<p>&</p>", attachments=files
    )
    assert refused == []
    [(recipients, message)] = box.delivered
    assert recipients == [ANA, BEN]
    assert (message["Subject"], message["To"]) == ("Łeads", f"{ANA}, {BEN}")
    assert message["From"].addresses[0].addr_spec == "reports@example.com"
    assert message["From"].addresses[0].display_name == "Ana's Heating"
    assert message["Date"]
    assert message["Message-ID"].endswith("@example.com>")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain
    assert html
    assert plain.get_content().splitlines() == ["Žlutý", ".", "end"]
    assert html.get_content().strip() == "<p>&</p>"
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content_type(), first.get_payload(decode=True)) == (
        "a.pdf", "application/pdf", b"%PDF-\x00\xff",
    )  # fmt: skip
    assert second.get_content_type() == "text/csv"


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.com", "a\nb", "\x00", "\u2028x", "a" * 2000])
def test_no_subject_becomes_another_header(box: Postbox, subject: str) -> None:
    send(to_box(box), to=[ANA], subject=subject, text="t")
    [(recipients, message)] = box.delivered
    assert recipients == [ANA]
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "address",
    ["ana", "ana@", "@example.com", "a b@example.com", "a@example.com, eve@example.com", "a@ex.com\nBcc: x@ex.com",
     "<a@example.com>", "a@exämple.com", "a..b@example.com", "a@-.com", "a@example.com ", "", "\x00@example.com",
     "a" * 320 + "@example.com"],
)  # fmt: skip
def test_what_is_no_single_address_gets_nothing(box: Postbox, address: str) -> None:
    assert not is_address(address)
    assert refusal(to_box(box), to=[ANA, address]).permanent
    assert box.said == []


@pytest.mark.parametrize(
    "address", ["ana@example.com", "o'neil+x@mail.example.co", "a@localhost", "a@xn--exmple-cua.com"]
)
def test_plain_addresses_are_addresses(address: str) -> None:
    assert is_address(address)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_address_holds_what_could_end_a_header(name: str, host: str) -> None:
    if is_address(f"{name}@{host}"):
        assert f"{name}{host}".isascii()
        assert not set(f"{name}{host}") & set(' \r\n\t,;<>"()\x00')


def test_nobody_is_nobody(box: Postbox) -> None:
    assert refusal(to_box(box), to=[]).permanent


def test_without_a_mail_server_nothing_is_sent() -> None:
    settings = Settings(_env_file=None, smtp_url="")
    assert not can_send(settings)
    error = refusal(settings)
    assert error.permanent
    assert "SMTP_URL" in str(error)


def test_mail_may_be_printed_instead(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(_env_file=None, smtp_url="log:")
    assert can_send(settings)
    send(
        settings,
        to=[ANA],
        subject="Leads",
        text="12 leads",
        attachments=[Attachment("a.pdf", "application/pdf", b"12")],
    )
    assert [word for word in (ANA, "Leads", "12 leads", "a.pdf (2 bytes)") if word not in caplog.text] == []


@pytest.mark.parametrize(
    ("command", "answer", "permanent"),
    [
        ("MAIL", "451 later", False),
        ("MAIL", "553 no such sender", True),
        ("RCPT", "450 full", False),
        ("RCPT", "550 unknown", True),
        ("DATA", "452 no room", False),
        ("DATA", "554 spam", True),
        ("EHLO", "hang up", False),
        ("DATA", "hang up", False),
    ],
)
def test_the_servers_refusal_says_whether_to_try_again(
    box: Postbox, command: str, answer: str, permanent: bool
) -> None:
    box.refuse[command] = answer
    error = refusal(to_box(box))
    assert error.permanent == permanent
    assert answer in str(error) or answer == "hang up"
    assert box.delivered == []


def test_who_is_refused_alone_does_not_keep_it_from_the_others(box: Postbox) -> None:
    box.refuse[f"RCPT TO:<{BEN}>"] = "550 unknown"
    assert send(to_box(box), to=[ANA, BEN], subject="s", text="t") == [BEN]
    [(recipients, _)] = box.delivered
    assert recipients == [ANA]


@pytest.mark.parametrize("goodbye", ["500 what", "hang up"])
def test_a_bad_goodbye_takes_nothing_back(box: Postbox, goodbye: str) -> None:
    box.refuse["QUIT"] = goodbye
    assert send(to_box(box), to=[ANA], subject="s", text="t") == []
    assert len(box.delivered) == 1


def test_the_password_is_sent_as_it_is_meant_and_never_shown(box: Postbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = to_box(box, smtp_url=f"smtp://ana%40example.com:p%40ss%2Fword@127.0.0.1:{box.port}")
    send(settings, to=[ANA], subject="s", text="t")
    assert f"AUTH PLAIN {b64encode(f'{chr(0)}{ANA}{chr(0)}p@ss/word'.encode()).decode()}" in box.said
    box.refuse["AUTH"] = "535 no: p@ss/word"
    error = refusal(settings)
    assert error.permanent
    assert "535" in str(error)
    assert "p@ss" not in f"{error}{caplog.text}"


def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = Settings(
            _env_file=None, smtp_url=f"smtp://u:secret@127.0.0.1:{taken.getsockname()[1]}", mail_from=ANA
        )
        error = refusal(settings)
    assert not error.permanent
    assert "secret" not in str(error)


def test_a_server_without_encryption_is_told_at_once_that_it_is_none(box: Postbox) -> None:
    error = refusal(to_box(box, smtp_url=f"smtps://127.0.0.1:{box.port}"))
    assert not error.permanent
    assert box.delivered == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("SMTP_URL", "localhost"), ("SMTP_URL", "http://mail.example.com"), ("SMTP_URL", "smtp://"),
     ("SMTP_URL", "smtp://u:secret@host:port"), ("SMTP_URL", "log"), ("MAIL_FROM", "Ana"),
     ("MAIL_FROM", "ana@example.com\nBcc: eve@example.com")],
)  # fmt: skip
def test_settings_that_cannot_be_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as stopped:
        read_settings()
    assert f"{name}: " in str(stopped.value)
    assert "secret" not in str(stopped.value)


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMTP_URL", "smtp://mail.example.com:587")
    with pytest.raises(BadSetting, match="MAIL_FROM"):
        read_settings()
