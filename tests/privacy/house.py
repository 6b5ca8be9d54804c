"""A company, its worker's workshop, and the carrier that its callers use: for what has to be gone everywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.serving import BaseWSGIServer

from calltrack import pipeline
from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.wire import Post, Reply, post_to_wsgi
from calltrack.models import Account, Base, Call, Erasure, Recording, Step
from calltrack.storage import Storage
from tests.conftest import make_app
from tests.twilio_wire import ACCOUNT, BASE, BILLBOARD, CHO, TOKEN


@dataclass
class House:
    """`carrier` places calls; its lists and recordings are served at the address of the settings."""

    app: Flask
    database: Database
    carrier: DemoCarrier
    server: BaseWSGIServer
    carrier_app: Flask

    @property
    def settings(self) -> Settings:
        found: Settings = self.app.extensions["calltrack"].settings
        return found

    @property
    def storage(self) -> Storage:
        found: Storage = self.app.extensions["calltrack"].storage
        return found

    @property
    def account(self) -> Account:
        with self.database.read() as session:
            return session.scalars(select(Account)).one()

    def place(self, conversation: str = "furnace-out", **more: Any) -> PlacedCall:
        return self.carrier.place_call(to=BILLBOARD, conversation=conversation, **more)

    def sweep(self) -> None:
        """Do all that is due, and what would be due in a while."""
        with self.database.write.begin() as session:
            session.execute(update(Step).where(Step.state == "due").values(due_at=datetime.now(UTC)))
        pipeline.sweep()

    def recordings(self) -> list[Recording]:
        with self.database.read() as session:
            return list(session.scalars(select(Recording).order_by(Recording.id)))

    def calls(self) -> list[Call]:
        with self.database.read() as session:
            return list(session.scalars(select(Call).order_by(Call.id)))

    def erasures(self, what: str | None = None) -> list[Erasure]:
        with self.database.read() as session:
            found = session.scalars(select(Erasure).order_by(Erasure.id)).all()
        return [one for one in found if what in (None, one.what)]

    def at_the_carrier(self) -> list[str]:
        """The recordings that the carrier has still."""
        return [body["sid"] for body in self.carrier.ledger.list(kind="recording") if body["status"] != "deleted"]

    def files(self) -> list[str]:
        """What lies in the storage's folder, whatever it is called."""
        folder = Path(self.settings.recordings_url)
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@contextmanager
def a_house(database: Database, *, folder: Path, **changes: Any) -> Iterator[House]:
    with database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        campaign = create_campaign(session, account=account, name="Spring Billboard")
        assign_number(
            session, account=account, phone_number=BILLBOARD, campaign=campaign, forward_to=[CHO], assigned_by="ana"
        )
    doors: list[Post] = []  # the carrier is there before the door that it asks

    def post(**request: Any) -> Reply:
        return doors[0](**request)

    carrier = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, post=post)
    carrier_app = create_carrier_app(ledger=carrier.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=carrier_app, host="127.0.0.1", port=0)
    api_url = f"http://127.0.0.1:{server.server_port}"
    app = make_app(database=database, folder=folder, twilio_api_url=api_url, **changes)
    doors.append(post_to_wsgi(app))
    house = app.extensions["calltrack"]
    pipeline.open_workshop(pipeline.Workshop(house.database, house.settings, house.storage))
    yield House(app, database, carrier, server, carrier_app)
    pipeline.close_workshop()
    server.shutdown()
    server.server_close()
    carrier.ledger.close()


def dump(database: Database) -> str:
    """Every table as text, as somebody who has the database reads it."""
    with database.read() as session:
        rows = [
            f"{table.name}: {dict(row._mapping)}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(table.select())
        ]
    return "\n".join(rows)
