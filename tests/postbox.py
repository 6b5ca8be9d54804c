"""A mail server on loopback for tests: takes what it is sent, and refuses what a test tells it to."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread


@dataclass
class Postbox:
    """What was delivered: (recipients, message). `refuse`: the answer to a command, by its beginning."""

    port: int = 0
    delivered: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def postbox() -> Iterator[Postbox]:
    """A mail server that runs."""
    box = Postbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            recipients: list[str] = []
            while line := self.rfile.readline().decode("ascii", "replace").strip():
                box.said.append(line)
                word = line.partition(" ")[0].upper()
                refusal = next(
                    (why for begins, why in box.refuse.items() if line.upper().startswith(begins.upper())), ""
                )
                if refusal == "hang up":
                    return
                if word == "RCPT" and not refusal:
                    recipients.append(line.partition("<")[2].partition(">")[0])
                if word == "DATA" and not refusal:
                    self.wfile.write(b"354 go on\r\n")
                    body = b"".join(line.removeprefix(b".") for line in iter(self.rfile.readline, b".\r\n"))
                    message = message_from_bytes(body, policy=policy.SMTP)
                    box.delivered.append((recipients, message))
                good = {"EHLO": "250-here\r\n250 AUTH PLAIN", "QUIT": "221 bye", "AUTH": "235 in"}.get(word, "250 fine")
                self.wfile.write(f"{refusal or good}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield box
        server.shutdown()
        thread.join()
