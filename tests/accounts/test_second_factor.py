"""The second factor: a code from a phone, once; and recovery codes for whoever lost it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyotp
import pytest

from calltrack.accounts.accounts import create_account, create_user
from calltrack.accounts.recovery import codes_left, make_codes, take_recovery_code
from calltrack.accounts.second_factor import (
    BadFactor,
    count_factors,
    demand_factor,
    has_factor,
    must_have_factor,
    new_secret,
    reset,
    set_up,
    step_of,
    take_code,
)
from calltrack.accounts.sign_in import sign_in, who_is
from calltrack.changes import changes_of
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import User
from calltrack.sealing import SealBroken

NOW = datetime(2026, 5, 4, 12, 0, 10, tzinfo=UTC)
STEP = timedelta(seconds=30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, var=tmp_path, secret_key="a secret for tests")


@pytest.fixture
def ana(database: Database) -> User:
    with database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        return create_user(session, account=account, email="ana@example.com", name="Ana", password="correct horse",
                           role="admin")  # fmt: skip


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


def give_factor(database: Database, settings: Settings, user: User, *, at: datetime = NOW) -> tuple[str, list[str]]:
    secret = new_secret()
    with database.write.begin() as session:
        codes = set_up(session, settings=settings, user_id=user.id, secret=secret, code=code(secret, at), now=at)
    assert codes is not None
    return secret, codes


def takes(database: Database, settings: Settings, user: User, typed: str, *, at: datetime) -> bool:
    with database.write.begin() as session:
        found = session.get_one(User, user.id)
        return take_code(session, settings=settings, user=found, code=typed, now=at)


def test_a_code_of_its_own_half_minute_or_the_one_on_either_side_is_right() -> None:
    secret = new_secret()
    around = {shift: step_of(code(secret, NOW + shift * STEP), secret=secret, now=NOW) for shift in range(-3, 4)}
    step = int(NOW.timestamp()) // 30
    assert around == {-3: None, -2: None, -1: step - 1, 0: step, 1: step + 1, 2: None, 3: None}
    spaced = code(secret, NOW)
    assert step_of(f" {spaced[:3]} {spaced[3:]} ", secret=secret, now=NOW) == step


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\uff11" * 6, "\x00", "123 456 7"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert step_of(typed, secret=new_secret(), now=NOW) is None


def test_it_is_on_once_a_first_code_proves_that_the_app_has_it(
    database: Database, settings: Settings, ana: User
) -> None:
    with database.write.begin() as session:
        wrong = set_up(session, settings=settings, user_id=ana.id, secret=new_secret(), code="000000", now=NOW)
        assert wrong is None
        assert not has_factor(session.get_one(User, ana.id))
    secret, codes = give_factor(database, settings, ana)
    assert len(set(codes)) == 10
    with database.write.begin() as session:
        kept = session.get_one(User, ana.id)
        assert has_factor(kept)
        assert secret not in (kept.totp_secret or "")
        with pytest.raises(BadFactor, match="already"):
            set_up(session, settings=settings, user_id=ana.id, secret=secret, code=code(secret, NOW), now=NOW)


def test_a_code_works_once_and_none_before_it_does(database: Database, settings: Settings, ana: User) -> None:
    secret, _ = give_factor(database, settings, ana)
    assert not takes(database, settings, ana, code(secret, NOW), at=NOW)  # it was shown when it was set up
    later = NOW + 4 * STEP
    assert takes(database, settings, ana, code(secret, later), at=later)
    assert not takes(database, settings, ana, code(secret, later), at=later)
    assert not takes(database, settings, ana, code(secret, later - STEP), at=later)
    assert takes(database, settings, ana, code(secret, later + STEP), at=later)


def test_the_same_code_twice_at_once_lets_one_in(database: Database, settings: Settings, ana: User) -> None:
    secret, codes = give_factor(database, settings, ana)
    later = NOW + 4 * STEP

    def recover(_: int) -> bool:
        with database.write.begin() as session:
            return take_recovery_code(session, user_id=ana.id, code=codes[3], now=later)

    with ThreadPoolExecutor(4) as crowd:
        taken = crowd.map(lambda _: takes(database, settings, ana, code(secret, later), at=later), range(6))
        assert sum(taken) == 1
        assert sum(crowd.map(recover, range(6))) == 1


def test_another_secret_key_opens_no_second_factor(
    database: Database, settings: Settings, ana: User, tmp_path: Path
) -> None:
    secret, codes = give_factor(database, settings, ana)
    other = Settings(_env_file=None, var=tmp_path, secret_key="another secret")
    with pytest.raises(SealBroken):
        takes(database, other, ana, code(secret, NOW + STEP), at=NOW + STEP)
    with database.write.begin() as session:
        assert take_recovery_code(session, user_id=ana.id, code=codes[0], now=NOW)


def test_a_recovery_code_works_once_however_it_is_typed_and_for_its_owner_alone(
    on_sqlite: Database, settings: Settings
) -> None:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        ana, ben = (
            create_user(session, account=account, email=f"{name}@example.com", name=name, password="correct horse",
                        role="coach").id
            for name in ("ana", "ben")
        )  # fmt: skip
        codes = make_codes(session, user_id=ana, now=NOW)
        assert not take_recovery_code(session, user_id=ben, code=codes[0], now=NOW)
        assert take_recovery_code(session, user_id=ana, code=f" {codes[0].upper()}".replace("-", " "), now=NOW)
        assert not take_recovery_code(session, user_id=ana, code=codes[0], now=NOW)
        assert not take_recovery_code(session, user_id=ana, code="", now=NOW)
        assert codes_left(session, user_id=ana) == 9
        fresh = make_codes(session, user_id=ana, now=NOW)
        assert not take_recovery_code(session, user_id=ana, code=codes[1], now=NOW)
        assert take_recovery_code(session, user_id=ana, code=fresh[1], now=NOW)


def test_a_reset_takes_everything_away_and_signs_out_everywhere_but_where_it_is_said(
    database: Database, settings: Settings, ana: User
) -> None:
    _, codes = give_factor(database, settings, ana)
    with database.write.begin() as session:
        here, elsewhere = sign_in(session, user=ana) or "", sign_in(session, user=ana) or ""
        session.flush()
        reset(session, user_id=ana.id, spare=here)
        assert not has_factor(session.get_one(User, ana.id))
        assert not take_recovery_code(session, user_id=ana.id, code=codes[0], now=NOW)
        assert who_is(session, token=here) is not None
        assert who_is(session, token=elsewhere) is None


def test_an_account_that_asks_it_of_everybody_lets_nobody_in_without(
    database: Database, settings: Settings, ana: User
) -> None:
    with database.write.begin() as session:
        account = create_account(session, name="Agency", time_zone="UTC")
        ben = create_user(session, account=account, email="ben@example.com", name="Ben", password="correct horse",
                          role="admin")  # fmt: skip
        create_user(session, account=account, email="ana@example.com", name="", password="", role="csr")
        asks = partial(
            demand_factor, account_id=account.id, user_id=ben.id, by="ben@example.com", demanded=True
        )  # fmt: skip
        with pytest.raises(BadFactor, match="your own"):
            asks(session)
    give_factor(database, settings, ben)
    with database.write.begin() as session:
        first, second = sign_in(session, user=ana) or "", sign_in(session, user=ana, account_id=account.id) or ""
        assert asks(session)
        assert not asks(session)
        assert must_have_factor(session, user_id=ana.id)
        assert who_is(session, token=second) is None
        assert who_is(session, token=first) is not None  # the other company does not ask it
        assert count_factors(session, account_id=account.id) == (1, 2)
        [change] = changes_of(session, account_id=account.id, noun="account", noun_id=account.id)
        assert (change.field, change.was, change.now) == ("second_factor", "no", "yes")
    give_factor(database, settings, ana)
    with database.write.begin() as session:
        assert who_is(session, token=second) is not None
