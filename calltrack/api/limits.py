"""Programs are not let in more often than rate.py says; who asks too fast is told when to go on."""

from flask import current_app, request

from calltrack.accounts.sign_in import Visitor
from calltrack.api.problems import Problem
from calltrack.rate import PROGRAM, wait_for_program, wait_for_stranger


def limit_program(visitor: Visitor) -> None:
    """For a key that is known. Raises Problem (429, with Retry-After). Tests ask faster than anybody else may."""
    if not current_app.testing and (wait := wait_for_program(key_id=visitor.key_id)):
        most = f"{PROGRAM.a_second:.0f} requests a second, and {PROGRAM.at_once} at once"
        raise Problem(429, f"this key may send {most}; wait for Retry-After seconds", Retry_After=str(wait))


def limit_stranger() -> None:
    """For a request without a key that is known, before that is said. Raises Problem, as above."""
    if not current_app.testing and (wait := wait_for_stranger(address=request.remote_addr)):
        raise Problem(
            429, "too many requests without a known key came from this address; wait for Retry-After seconds",
            Retry_After=str(wait),
        )  # fmt: skip
