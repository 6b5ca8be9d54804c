"""Apply spooled deliveries through the same code that takes live ones."""

from calltrack.calls.intake import receive
from calltrack.calls.messages import receive_message
from calltrack.ground import Ground
from calltrack.telephony.carrier import Delivery
from calltrack.webhooks import spool


def replay_spool(house: Ground) -> int:
    """Apply what waits in the spool; returns how many deliveries were applied."""

    def apply(delivery: Delivery) -> None:
        with house.database.write.begin() as session:
            (receive_message if delivery.kind == "message" else receive)(session, delivery=delivery)

    folder = house.settings.spool
    return spool.replay(folder=folder, apply=apply) if folder.is_dir() else 0
