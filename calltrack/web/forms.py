"""Reading what people typed: whatever they sent, either a value that can be kept or a sentence that says what to do."""

from flask import request


class BadField(ValueError):
    """A field that cannot be used; the message says what to enter."""


def asks_by_htmx() -> bool:
    """Whether the page's own scripts ask, which put the answer into the page; else it is a plain form or link."""
    return request.headers.get("HX-Request") == "true"


def text_field(name: str) -> str:
    """A form field without the blanks around it; PostgreSQL keeps no NUL in a text, and nobody means one.

    A line ends in one character: browsers send two, and count one against a field's longest text.
    """
    return request.form.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()


def required_field(name: str, *, called: str, longest: int) -> str:
    """A field that must hold something; raises BadField."""
    value = text_field(name)
    if not value:
        raise BadField(f"Enter {called}.")
    if len(value) > longest:
        raise BadField(f"Shorten {called}: it has at most {longest} characters.")
    return value
