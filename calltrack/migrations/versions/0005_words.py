"""What can be searched of a call by its words: kept and indexed by the database's own triggers.

Tags are no part of it: they have an index of their own, and one that many calls have would have to rewrite them all
when it is renamed.

Whoever later rebuilds one of the tables below on SQLite (Alembic's batch mode copies and drops it) takes their triggers
away: drop all of `_SQLITE_TRIGGERS` before, and make them again after.
"""

# ruff: noqa: S608 - every name and number in these statements is our own

import unicodedata
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from calltrack.db import BigKey

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# One call's text: the account as a word that nobody can type, then each part that there is after a word that nobody
# can type either, so that no phrase is found across two parts. The longest transcript is cut, never refused.
_MARK = "\ue000"
_LONGEST_TEXT, _LONGEST_WORD = 200_000, 101

# What FTS5's unicode61 leaves out of a word (marks above and below a letter), wherever it stands.
_DROPPED = "".join(map(chr, [*range(0x300, 0x305), *range(0x306, 0x30D), 0x30F, 0x311, 0x31B, *range(0x323, 0x329),
                             0x32D, 0x32E, 0x330, 0x331]))  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "call_words",
        sa.Column("key", BigKey, autoincrement=False, nullable=False),
        sa.Column("call_id", BigKey, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_words_call_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_call_words")),
        sa.UniqueConstraint("call_id", name=op.f("uq_call_words_call_id")),
    )
    _run(_SQLITE if _on_sqlite() else _postgres())
    op.create_index(op.f("ix_call_words_account_id_key"), "call_words", ["account_id", "key"])


def downgrade() -> None:
    if _on_sqlite():
        _run(f"DROP TRIGGER {name}" for name in _SQLITE_TRIGGERS)
        _run(["DROP TABLE call_words_terms", "DROP TABLE call_words_index"])
    else:
        tables = ("calls", "transcripts", "call_notes", "customers")
        _run(
            f"DROP TRIGGER {table}_{what} ON {table}"
            for table in tables
            for what in ("words_added", "words_changed", "words_removed")
        )
        _run(["DROP TRIGGER call_tags_called_at ON call_tags"])
        _run(f"DROP FUNCTION {name}" for name in _POSTGRES_FUNCTIONS)
    op.drop_table("call_words")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _run(statements: Iterator[str] | Sequence[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


# ---- SQLite ----------------------------------------------------------------------------------------------------------

# Signs and pictures that are newer than the tables of SQLite's tokenizer, which takes them for letters.
_SIGNS = "".join(
    char
    for char in map(chr, (*range(0x20A0, 0x2C00), *range(0x1F000, 0x1FB00)))
    if unicodedata.category(char) in {"So", "Sk", "Sc", "Sm"}
)
_SQLITE_KEY = "(CAST(strftime('%s', substr({calls}started_at, 1, 19)) AS INTEGER) - 946684800) * 2147483648 + {calls}id"
# `||` of a null is null: a part that there is not leaves no mark.
_SQLITE_TEXT = f"""
    coalesce('{_MARK}' || account_id || ' ' || nullif(
        coalesce('{_MARK} ' || nullif(caller_name, '') || char(10), '')
        || coalesce('{_MARK} ' || (SELECT group_concat(name, ' {_MARK} ') FROM customers
                                   WHERE customers.account_id = calls.account_id AND phone = caller) || char(10), '')
        || coalesce('{_MARK} ' || (SELECT group_concat(text, ' {_MARK} ') FROM call_notes
                                   WHERE call_notes.call_id = calls.id) || char(10), '')
        || coalesce('{_MARK} ' || (SELECT substr(nullif(text, ''), 1, {_LONGEST_TEXT}) FROM transcripts
                                   WHERE transcripts.call_id = calls.id), ''),
    ''), '')
"""


def _written_anew(these: str) -> str:
    """Statements in a trigger that write the words of the calls that fit a condition on `calls`.

    As an UPDATE and an INSERT: a conflict clause would give way to that of the statement which fired the trigger.
    """
    return f"""
        UPDATE call_words SET (key, account_id, text) =
            (SELECT {_SQLITE_KEY.format(calls="calls.")}, account_id, substr({_SQLITE_TEXT}, 1, {_LONGEST_TEXT})
             FROM calls WHERE calls.id = call_words.call_id)
        WHERE call_id IN (SELECT id FROM calls WHERE account_id IS NOT NULL AND {these});
        INSERT INTO call_words (key, call_id, account_id, text)
        SELECT {_SQLITE_KEY.format(calls="")}, id, account_id, substr(said, 1, {_LONGEST_TEXT})
        FROM (SELECT id, started_at, account_id, {_SQLITE_TEXT} AS said FROM calls
              WHERE account_id IS NOT NULL AND {these}
              AND NOT EXISTS (SELECT 1 FROM call_words WHERE call_words.call_id = calls.id))
        WHERE said <> '';
    """


_IN_INDEX = "INSERT INTO call_words_index (rowid, text) VALUES (NEW.key, NEW.text);"
_OUT_OF_INDEX = "INSERT INTO call_words_index (call_words_index, rowid, text) VALUES ('delete', OLD.key, OLD.text);"
_HAS_A_NAME = """
    NEW.account_id IS NOT NULL AND (coalesce(NEW.caller_name, '') <> '' OR EXISTS (
        SELECT 1 FROM customers WHERE customers.account_id = NEW.account_id AND phone = NEW.caller))
"""
_NEW_CUSTOMER, _OLD_CUSTOMER = (f"account_id = {row}.account_id AND caller = {row}.phone" for row in ("NEW", "OLD"))

_SQLITE_TRIGGERS = {
    "call_words_added": f"AFTER INSERT ON call_words BEGIN {_IN_INDEX} END",
    "call_words_changed": f"""
        AFTER UPDATE OF key, text ON call_words WHEN OLD.key <> NEW.key OR OLD.text <> NEW.text
        BEGIN {_OUT_OF_INDEX} {_IN_INDEX} END
    """,
    "call_words_removed": f"AFTER DELETE ON call_words BEGIN {_OUT_OF_INDEX} END",
    "transcripts_words_added": f"""
        AFTER INSERT ON transcripts WHEN NEW.text <> '' BEGIN {_written_anew("id = NEW.call_id")} END
    """,
    "transcripts_words_changed": f"""
        AFTER UPDATE OF text ON transcripts WHEN OLD.text <> NEW.text BEGIN {_written_anew("id = NEW.call_id")} END
    """,
    "transcripts_words_removed": f"""
        AFTER DELETE ON transcripts WHEN OLD.text <> '' BEGIN {_written_anew("id = OLD.call_id")} END
    """,
    "call_notes_words_added": f"AFTER INSERT ON call_notes BEGIN {_written_anew('id = NEW.call_id')} END",
    "call_notes_words_changed": f"""
        AFTER UPDATE OF text ON call_notes WHEN OLD.text <> NEW.text BEGIN {_written_anew("id = NEW.call_id")} END
    """,
    "call_notes_words_removed": f"AFTER DELETE ON call_notes BEGIN {_written_anew('id = OLD.call_id')} END",
    "call_tags_called_at": """
        AFTER INSERT ON call_tags BEGIN
            UPDATE call_tags SET called_at = (SELECT started_at FROM calls WHERE id = NEW.call_id)
            WHERE call_id = NEW.call_id AND tag = NEW.tag
            AND called_at <> (SELECT started_at FROM calls WHERE id = NEW.call_id);
        END
    """,
    "customers_words_added": f"""
        AFTER INSERT ON customers WHEN NEW.phone IS NOT NULL BEGIN {_written_anew(_NEW_CUSTOMER)} END
    """,
    "customers_words_changed": f"""
        AFTER UPDATE OF name, phone ON customers WHEN OLD.name <> NEW.name OR OLD.phone IS NOT NEW.phone BEGIN
            {_written_anew(_OLD_CUSTOMER)}
            {_written_anew(_NEW_CUSTOMER)}
        END
    """,
    "customers_words_removed": f"""
        AFTER DELETE ON customers WHEN OLD.phone IS NOT NULL BEGIN {_written_anew(_OLD_CUSTOMER)} END
    """,
    "calls_words_added": f"AFTER INSERT ON calls WHEN {_HAS_A_NAME} BEGIN {_written_anew('id = NEW.id')} END",
    "calls_words_changed": f"""
        AFTER UPDATE OF caller, caller_name, account_id ON calls
        WHEN OLD.caller IS NOT NEW.caller OR OLD.caller_name IS NOT NEW.caller_name
            OR OLD.account_id IS NOT NEW.account_id
        BEGIN
            DELETE FROM call_words WHERE call_id = NEW.id AND NEW.account_id IS NULL;
            {_written_anew("id = NEW.id")}
        END
    """,
    "calls_words_moved": f"""
        AFTER UPDATE OF started_at ON calls WHEN OLD.started_at <> NEW.started_at BEGIN
            UPDATE call_tags SET called_at = NEW.started_at WHERE call_id = NEW.id;
            UPDATE call_words SET key = {_SQLITE_KEY.format(calls="NEW.")} WHERE call_id = NEW.id;
        END
    """,
    "calls_words_removed": "BEFORE DELETE ON calls BEGIN DELETE FROM call_words WHERE call_id = OLD.id; END",
}
_SQLITE = (
    f"""
    INSERT INTO call_words (key, call_id, account_id, text)
    SELECT {_SQLITE_KEY.format(calls="")}, id, account_id, substr(said, 1, {_LONGEST_TEXT})
    FROM (SELECT id, started_at, account_id, {_SQLITE_TEXT} AS said FROM calls WHERE account_id IS NOT NULL)
    WHERE said <> ''
    """,
    f"""
    CREATE VIRTUAL TABLE call_words_index USING fts5(
        text, content='call_words', content_rowid='key',
        tokenize="unicode61 remove_diacritics 2 separators '{_SIGNS}'"
    )
    """,
    "INSERT INTO call_words_index (call_words_index) VALUES ('rebuild')",
    "CREATE VIRTUAL TABLE call_words_terms USING fts5vocab('call_words_index', 'instance')",
    *(f"CREATE TRIGGER {name} {what}" for name, what in _SQLITE_TRIGGERS.items()),
)


# ---- PostgreSQL ------------------------------------------------------------------------------------------------------

_POSTGRES_KEY = "(floor(extract(epoch FROM {calls}started_at))::bigint - 946684800) * 2147483648 + {calls}id"
_POSTGRES_FUNCTIONS = (
    "call_words_fold(text)", "call_words_of(bigint)", "call_words_write(bigint[])", "call_words_added()",
    "call_words_changed()", "call_words_removed()", "call_words_of_customers()", "call_words_of_calls()",
    "call_words_of_customer()", "call_words_of_changed_call()", "call_words_of_removed_call()", "call_tags_called_at()",
)  # fmt: skip


def _postgres() -> Iterator[str]:
    """A call's text is kept folded here, a space around each word, so that a phrase is a substring of it.

    Our own words instead of to_tsvector: its parser depends on the server's locale, keeps e-mail addresses and hyphened
    words together, and counts no more than 256 places of a word.
    """
    folded = [(char, fold) for char in _foreign() if (fold := _fold(char)) not in ("", " ", char)]
    yield f"""
        CREATE FUNCTION call_words_fold(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
        DECLARE foreign_letters text;
        BEGIN
            said := lower(said COLLATE "C");
            IF octet_length(said) > length(said) THEN
                said := translate(said, '{_DROPPED}', '');
                foreign_letters := (
                    SELECT string_agg(DISTINCT letter COLLATE "C", '')
                    FROM unnest(string_to_array(regexp_replace(said, '[\\u0001-\\u007f]+', '', 'g'), NULL)) AS letter
                );
                said := translate(said, coalesce(foreign_letters, ''), coalesce(translate(
                    regexp_replace(foreign_letters, '[{_ranges()}]', ' ', 'g'),
                    '{"".join(char for char, _ in folded)}', '{"".join(fold for _, fold in folded)}'
                ), ''));
            END IF;
            said := regexp_replace(said, '[\\u0001-\\u001f!-/:-`{{-\\u007f]+', ' ', 'g');
            IF said ~ '[^ ]{{{_LONGEST_WORD + 1}}}' THEN
                said := regexp_replace(said, '([^ ]{{{_LONGEST_WORD}}})[^ ]+', '\\1', 'g');
            END IF;
            RETURN array_to_string(array_remove(string_to_array(said, ' '), ''), ' ');
        END $body$
    """
    yield f"""
        CREATE FUNCTION call_words_of(call bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $body$
        DECLARE
            whose bigint;
            said text;
        BEGIN
            SELECT account_id, concat_ws(' {_MARK} ', nullif(caller_name, ''),
                (SELECT string_agg(name, ' {_MARK} ') FROM customers
                 WHERE customers.account_id = calls.account_id AND phone = caller),
                (SELECT string_agg(text, ' {_MARK} ') FROM call_notes WHERE call_notes.call_id = calls.id),
                (SELECT nullif(text, '') FROM transcripts WHERE transcripts.call_id = calls.id))
            INTO whose, said FROM calls WHERE id = call;
            IF said = '' THEN
                RETURN '';
            END IF;
            RETURN ' ' || call_words_fold(left(
                concat('{_MARK}', whose, ' {_MARK} ', said), {_LONGEST_TEXT})) || ' ';
        END $body$
    """
    yield """
        ALTER TABLE call_words ADD COLUMN words tsvector
        GENERATED ALWAYS AS (array_to_tsvector(array_remove(string_to_array(text, ' '), ''))) STORED
    """
    # Race: two transactions change the words of one call at once. The second waits for the first one's row, and then
    # reads again what it read too early; a row is therefore never deleted as long as its call is there.
    yield f"""
        CREATE FUNCTION call_words_write(these bigint[]) RETURNS void LANGUAGE plpgsql VOLATILE AS $body$
        BEGIN
            INSERT INTO call_words (key, call_id, account_id, text)
            SELECT {_POSTGRES_KEY.format(calls="calls.")}, calls.id, calls.account_id, said
            FROM calls CROSS JOIN LATERAL (SELECT call_words_of(calls.id) AS said OFFSET 0) AS one
            WHERE calls.id = ANY (these) AND calls.account_id IS NOT NULL
            AND (said <> '' OR EXISTS (SELECT 1 FROM call_words WHERE call_words.call_id = calls.id))
            ORDER BY calls.id
            ON CONFLICT (call_id) DO UPDATE SET
                key = excluded.key, account_id = excluded.account_id, text = call_words_of(excluded.call_id);
        END $body$
    """
    yield """
        CREATE FUNCTION call_words_added() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY(SELECT DISTINCT call_id FROM added));
            RETURN NULL;
        END $body$
    """
    yield """
        CREATE FUNCTION call_words_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY[NEW.call_id]);
            RETURN NULL;
        END $body$
    """
    yield """
        CREATE FUNCTION call_words_removed() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY[OLD.call_id]);
            RETURN NULL;
        END $body$
    """
    for table in ("transcripts", "call_notes"):
        yield f"""
            CREATE TRIGGER {table}_words_added AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION call_words_added()
        """
        yield f"""
            CREATE TRIGGER {table}_words_changed AFTER UPDATE OF text ON {table} FOR EACH ROW
            WHEN (OLD.text <> NEW.text) EXECUTE FUNCTION call_words_changed()
        """
        yield f"""
            CREATE TRIGGER {table}_words_removed AFTER DELETE ON {table} FOR EACH ROW
            EXECUTE FUNCTION call_words_removed()
        """
    # Race: the call's start moves while somebody hangs a tag on it; the row lock puts one after the other.
    yield """
        CREATE FUNCTION call_tags_called_at() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            SELECT started_at INTO NEW.called_at FROM calls WHERE id = NEW.call_id FOR SHARE;
            RETURN NEW;
        END $body$
    """
    yield """
        CREATE TRIGGER call_tags_called_at BEFORE INSERT ON call_tags FOR EACH ROW
        EXECUTE FUNCTION call_tags_called_at()
    """
    yield """
        CREATE FUNCTION call_words_of_customers() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY(
                SELECT calls.id FROM calls JOIN added ON calls.account_id = added.account_id
                AND calls.caller = added.phone));
            RETURN NULL;
        END $body$
    """
    yield """
        CREATE FUNCTION call_words_of_customer() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY(
                SELECT id FROM calls WHERE account_id = OLD.account_id AND caller = OLD.phone));
            IF TG_OP = 'UPDATE' THEN
                PERFORM call_words_write(ARRAY(
                    SELECT id FROM calls WHERE account_id = NEW.account_id AND caller = NEW.phone));
            END IF;
            RETURN NULL;
        END $body$
    """
    yield """
        CREATE TRIGGER customers_words_added AFTER INSERT ON customers REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION call_words_of_customers()
    """
    yield """
        CREATE TRIGGER customers_words_changed AFTER UPDATE OF name, phone ON customers FOR EACH ROW
        WHEN (OLD.name <> NEW.name OR OLD.phone IS DISTINCT FROM NEW.phone)
        EXECUTE FUNCTION call_words_of_customer()
    """
    yield """
        CREATE TRIGGER customers_words_removed AFTER DELETE ON customers FOR EACH ROW
        EXECUTE FUNCTION call_words_of_customer()
    """
    yield """
        CREATE FUNCTION call_words_of_calls() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            PERFORM call_words_write(ARRAY(
                SELECT id FROM added WHERE account_id IS NOT NULL AND (caller_name <> '' OR EXISTS (
                    SELECT 1 FROM customers WHERE customers.account_id = added.account_id AND phone = caller))));
            RETURN NULL;
        END $body$
    """
    yield f"""
        CREATE FUNCTION call_words_of_changed_call() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF NEW.started_at <> OLD.started_at THEN
                UPDATE call_tags SET called_at = NEW.started_at WHERE call_id = NEW.id;
                UPDATE call_words SET key = {_POSTGRES_KEY.format(calls="NEW.")} WHERE call_id = NEW.id;
            END IF;
            IF NEW.account_id IS NULL THEN
                DELETE FROM call_words WHERE call_id = NEW.id;
            ELSIF (NEW.account_id, NEW.caller, NEW.caller_name)
                    IS DISTINCT FROM (OLD.account_id, OLD.caller, OLD.caller_name) THEN
                PERFORM call_words_write(ARRAY[NEW.id]);
            END IF;
            RETURN NULL;
        END $body$
    """
    yield """
        CREATE FUNCTION call_words_of_removed_call() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            DELETE FROM call_words WHERE call_id = OLD.id;
            RETURN OLD;
        END $body$
    """
    yield """
        CREATE TRIGGER calls_words_added AFTER INSERT ON calls REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION call_words_of_calls()
    """
    yield """
        CREATE TRIGGER calls_words_changed AFTER UPDATE OF account_id, caller, caller_name, started_at ON calls
        FOR EACH ROW
        WHEN ((OLD.account_id, OLD.caller, OLD.caller_name, OLD.started_at)
            IS DISTINCT FROM (NEW.account_id, NEW.caller, NEW.caller_name, NEW.started_at))
        EXECUTE FUNCTION call_words_of_changed_call()
    """
    yield """
        CREATE TRIGGER calls_words_removed BEFORE DELETE ON calls FOR EACH ROW
        EXECUTE FUNCTION call_words_of_removed_call()
    """
    yield f"""
        INSERT INTO call_words (key, call_id, account_id, text)
        SELECT {_POSTGRES_KEY.format(calls="calls.")}, calls.id, calls.account_id, said
        FROM calls CROSS JOIN LATERAL (SELECT call_words_of(calls.id) AS said OFFSET 0) AS one
        WHERE calls.account_id IS NOT NULL AND said <> ''
    """
    # What waits to be sorted into the index is read by every search: not much of it.
    yield "CREATE INDEX ix_call_words_words ON call_words USING gin (words) WITH (gin_pending_list_limit = 512)"


def _foreign() -> Iterator[str]:
    return (chr(place) for place in range(0x80, 0x110000) if not 0xD800 <= place < 0xE000)


def _fold(char: str) -> str:
    """What becomes of a character: a letter or digit without case or accent, nothing, or a space between two words."""
    if char in _DROPPED:
        return ""
    if unicodedata.category(char)[0] not in "LN" and unicodedata.category(char) != "Co":
        return " "
    small = next((one for one in (char.casefold(), char.lower()) if len(one) == 1), char)
    plain = unicodedata.normalize("NFD", small)[0].lower()
    return plain if plain.isascii() else small


def _ranges() -> str:
    """All that parts words, beyond ASCII, as ranges of a regular expression."""
    ranges: list[list[int]] = []
    for char in _foreign():
        if _fold(char) == " ":
            if ranges and ranges[-1][1] == ord(char) - 1:
                ranges[-1][1] = ord(char)
            else:
                ranges.append([ord(char), ord(char)])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
