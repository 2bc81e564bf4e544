"""``app.config`` becomes Django's settings, or an error that names the key and never shows a value."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from paytm_kit.conf import ACCOUNT_SETTINGS, KIT_SETTINGS
from paytm_kit.contrib.flask import PaytmKit, config, database, hearing
from paytm_kit.gateways.base import ConfigurationError

SOUND: dict[str, Any] = {
    "SECRET_KEY": "tests-only",
    "PAYTM_KIT_DATABASE_URL": "sqlite:///shop.sqlite3",
    "PAYTM_KIT_BASE_URL": "https://shop.example",
}
NO_FILE = (
    "PAYTM_KIT_DATABASE_URL names no file. Write sqlite:///shop.sqlite3, or sqlite:////absolute/path/shop.sqlite3: in "
    "memory each thread would have a ledger of its own."
)
FORMS = "sqlite:///shop.sqlite3, mysql://user:password@host:3306/name or postgresql://user:password@host:5432/name"
UNKNOWN = "app.config has an unknown key "
UNREAD = f"PAYTM_KIT_DATABASE_URL cannot be read. Write {FORMS}."


def app(tmp_path: Path, **values: Any) -> Flask:
    made = Flask("shop", root_path=str(tmp_path), instance_path=str(tmp_path / "instance"))
    made.config.update(SOUND, **values)
    return made


def settings(tmp_path: Path, **values: Any) -> dict[str, Any]:
    return config.settings_of(app(tmp_path, **values))


# ---- what it becomes -----------------------------------------------------------------------------------------------


def test_one_dictionary_and_single_keys_say_the_same(tmp_path: Path) -> None:
    account = {"ENVIRONMENT": "staging", "MERCHANT_ID": "TESTMID0000000000001"}
    whole = {"BASE_URL": "https://shop.example", "EMAIL": True, "ACCOUNTS": {"default": account}}
    one = settings(tmp_path, PAYTM_KIT=whole, PAYTM_KIT_BASE_URL=None)
    single = settings(tmp_path, PAYTM_KIT_EMAIL=True, **{f"PAYTM_KIT_{name}": text for name, text in account.items()})
    assert one["PAYTM_KIT"] == single["PAYTM_KIT"] == whole


def test_every_setting_of_the_kit_has_a_key_and_no_two_share_one() -> None:
    theirs = [setting.name for setting in (*KIT_SETTINGS, *ACCOUNT_SETTINGS)]
    assert {f"PAYTM_KIT_{name}" for name in theirs} <= config.OF_THE_KIT.keys() | config.OF_THE_ACCOUNT.keys()
    assert not config.OF_THE_KIT.keys() & config.OF_THE_ACCOUNT.keys()
    assert not config.OWN.keys() & (config.OF_THE_KIT.keys() | config.OF_THE_ACCOUNT.keys())


def test_who_we_are_comes_from_the_app(tmp_path: Path) -> None:
    found = settings(tmp_path, SECRET_KEY_FALLBACKS=["old"], TRUSTED_HOSTS=[".shop.example"])
    assert (found["SECRET_KEY"], found["SECRET_KEY_FALLBACKS"], found["DEBUG"]) == ("tests-only", ["old"], False)
    assert found["ALLOWED_HOSTS"] == [".shop.example", "localhost", "127.0.0.1", "[::1]"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://shop.example"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["BASE_DIR"] == str(tmp_path)
    assert settings(tmp_path)["ALLOWED_HOSTS"][0] == "shop.example"
    assert settings(tmp_path, PAYTM_KIT_ALLOWED_HOSTS=["pay.example"])["ALLOWED_HOSTS"][0] == "pay.example"


def test_the_address_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYTM_BASE_URL", "http://127.0.0.1:5000")
    found = settings(tmp_path, PAYTM_KIT_BASE_URL=None)
    assert (found["CSRF_TRUSTED_ORIGINS"], found["SESSION_COOKIE_SECURE"]) == (["http://127.0.0.1:5000"], False)


def test_everything_is_below_one_prefix(tmp_path: Path) -> None:
    found = settings(tmp_path, PAYTM_KIT_PREFIX="/pay/ments/", PAYTM_KIT_ADMIN=False)
    assert found["PAYTM_KIT_FLASK"] == {"prefix": "/pay/ments", "desk": False}
    assert found["STATIC_URL"] == "pay/ments/static/"


def test_further_apps_come_after_the_kits(tmp_path: Path) -> None:
    found = settings(tmp_path, PAYTM_KIT_APPS=["paytm_kit.outgoing"])["INSTALLED_APPS"]
    assert (found[0], found[-1]) == ("paytm_kit", "paytm_kit.outgoing")
    assert settings(tmp_path)["INSTALLED_APPS"] == found[:-1]


def test_letters_go_where_the_apps_own_go(tmp_path: Path) -> None:
    found = settings(
        tmp_path, MAIL_SERVER="mail.example", MAIL_PORT=587, MAIL_USE_TLS=True, MAIL_USERNAME="shop",
        MAIL_PASSWORD="secret", MAIL_DEFAULT_SENDER=("Kadamb", "orders@example.com"),
    )  # fmt: skip
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]) == ("mail.example", 587, True)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("shop", "secret")
    assert found["DEFAULT_FROM_EMAIL"] == "Kadamb <orders@example.com>"
    for nowhere in ({}, {"MAIL_SERVER": "mail.example", "MAIL_SUPPRESS_SEND": True}):
        assert settings(tmp_path, **nowhere)["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"


def test_djangos_own_settings_win(tmp_path: Path) -> None:
    mine = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "mine"}}
    found = settings(
        tmp_path,
        PAYTM_KIT_DATABASE_URL=None,
        PAYTM_KIT_DJANGO={"DATABASES": mine, "SECURE_HSTS_SECONDS": 60, "LANGUAGE_CODE": "hi"},
    )
    assert (found["DATABASES"], found["SECURE_HSTS_SECONDS"], found["LANGUAGE_CODE"]) == (mine, 60, "hi")


# ---- the database --------------------------------------------------------------------------------------------------


def test_sqlite_takes_its_lock_when_a_transaction_begins_and_lies_with_the_app() -> None:
    assert database.settings_of("sqlite:///shop.sqlite3", "/srv/instance") == {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "/srv/instance/shop.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
    assert database.settings_of("sqlite:////var/lib/shop%20one.sqlite3", "/srv")["NAME"] == "/var/lib/shop one.sqlite3"


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+mariadbconnector"])
def test_mariadb_reads_what_is_committed_and_writes_every_letter(scheme: str) -> None:
    url = f"{scheme}://shop:p%40ss%2F@db.example:3307/shop?charset=latin1&ssl_ca=/ca.pem"
    found = database.settings_of(url, "/srv")
    assert found["ENGINE"] == "django.db.backends.mysql"
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("shop", "p@ss/", "db.example", "3307")
    assert found["OPTIONS"] == {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "ssl": {"ca": "/ca.pem"},
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_takes_its_own_options(scheme: str) -> None:
    found = database.settings_of(f"{scheme}://shop@db.example/shop?sslmode=verify-full", "/srv")
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"], found["PORT"], found["NAME"]) == ("shop", "", "", "shop")
    assert found["OPTIONS"] == {"sslmode": "verify-full"}


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (
            database.MYSQL,
            "MySQL and MariaDB need a driver. Install one: pip install mysqlclient (or, where there is no C compiler: "
            "pip install PyMySQL)",
        ),
        (database.POSTGRESQL, 'PostgreSQL needs a driver. Install it: pip install "psycopg[binary]"'),
    ],
)
def test_a_missing_driver_is_named_with_the_command_that_installs_it(
    engine: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as refused:
        database.load_driver(engine)
    assert str(refused.value) == says
    database.load_driver(database.SQLITE)


# ---- what cannot be used -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"SECRET_KEY": None},
            "SECRET_KEY is missing: set the Flask app's. It signs the desk's sessions and the shoppers' forms.",
        ),
        (
            {"PAYTM_KIT_BASE_URL": None},
            "BASE_URL is missing or no address: set PAYTM_KIT_BASE_URL (or PAYTM_BASE_URL in the environment) to the "
            "shop's own, such as https://shop.your-domain.in. The gateway sends shoppers back there.",
        ),
        ({"PAYTM_KIT_BASE_URL": "http://["}, "BASE_URL is missing or no address: "),
        ({"PAYTM_KIT_BASE_URL": "shop.example"}, "BASE_URL is missing or no address: "),
        (
            {"PAYTM_KIT_DATABASE_URL": None},
            f"PAYTM_KIT_DATABASE_URL is missing: the ledger needs a database. Write {FORMS}.",
        ),
        ({"PAYTM_KIT_DATABASE_URL": "oracle://u:hidden@h/n"}, UNREAD),
        ({"PAYTM_KIT_DATABASE_URL": "mysql://u:hidden@h:port/n"}, UNREAD),
        ({"PAYTM_KIT_DATABASE_URL": "mysql://u:hidden@h/n?x"}, UNREAD),
        ({"PAYTM_KIT_DATABASE_URL": "mysql://u:hidden@h"}, f"PAYTM_KIT_DATABASE_URL names no database. Write {FORMS}."),
        ({"PAYTM_KIT_DATABASE_URL": "sqlite://"}, NO_FILE),
        ({"PAYTM_KIT_DATABASE_URL": "sqlite:///:memory:"}, NO_FILE),
        ({"PAYTM_KIT_DATABASE_URL": "sqlite://shop.sqlite3"}, NO_FILE),
        (
            {"PAYTM_KIT_PREFIX": "/"},
            "PAYTM_KIT_PREFIX must be a path such as /paytm: a slash, then letters, digits, - and _. The root is the "
            "Flask app's own.",
        ),
        ({"PAYTM_KIT_PREFIX": "paytm"}, "PAYTM_KIT_PREFIX must be a path such as /paytm: "),
        ({"PAYTM_KIT_PREFIX": "/<a>"}, "PAYTM_KIT_PREFIX must be a path such as /paytm: "),
        ({"PAYTM_KIT": "BASE_URL"}, "PAYTM_KIT must be a dictionary, not str. "),
        (
            {"PAYTM_KIT_ADMIN": "false"},
            "PAYTM_KIT_ADMIN must be a bool, not str. True or False: mount the desk (Django's admin) at "
            "<prefix>/admin/.",
        ),
        ({"PAYTM_KIT_ALLOWED_HOSTS": "shop.example"}, "PAYTM_KIT_ALLOWED_HOSTS must be a list or tuple, not str. "),
        ({"PAYTM_KIT_DATABSE_URL": "x"}, f"{UNKNOWN}PAYTM_KIT_DATABSE_URL. Did you mean PAYTM_KIT_DATABASE_URL?"),
        ({"PAYTM_KIT_MERCHANTID": "x"}, f"{UNKNOWN}PAYTM_KIT_MERCHANTID. Did you mean PAYTM_KIT_MERCHANT_ID?"),
        ({"PAYTM_KIT_QQ": "x"}, f"{UNKNOWN}PAYTM_KIT_QQ. docs/flask.md names those that there are."),
        (
            {"PAYTM_KIT_MERCHANT_KEY": 12e45},  # as from_prefixed_env reads 12e45
            "PAYTM_KIT_MERCHANT_KEY must be text, not float. From the environment Flask reads a number where it can: "
            "write FLASK_PAYTM_KIT_MERCHANT_KEY='\"…\"', or leave it to the kit's own variable.",
        ),
        (
            {"PAYTM_KIT": {"BASE_URL": "https://other.example"}},
            'app.config says the same twice: PAYTM_KIT_BASE_URL and PAYTM_KIT["BASE_URL"]. Keep one of them.',
        ),
        (
            {"PAYTM_KIT": {"ACCOUNTS": {}}, "PAYTM_KIT_MERCHANT_KEY": "hidden"},
            'app.config says the same twice: PAYTM_KIT_MERCHANT_KEY and PAYTM_KIT["ACCOUNTS"]. Keep one of them.',
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_the_way_to_mend_it(values: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings(tmp_path, **values)
    said = str(refused.value)
    assert said == says if not says.endswith(" ") else said.startswith(says)
    assert "hidden" not in said


def test_in_a_process_whose_django_is_somebody_elses_it_says_so(tmp_path: Path) -> None:
    """This one: pytest-django has configured it."""
    with pytest.raises(ConfigurationError) as refused:
        PaytmKit(app(tmp_path))
    assert str(refused.value) == (
        "Django is configured already in this process, by tests.settings, and PaytmKit(app) does that itself. In a "
        "Django project use paytm_kit without Flask; else run the Flask app in a process of its own."
    )
    assert not (tmp_path / "instance").exists()


def test_without_flask_the_error_names_the_command_that_installs_it() -> None:
    script = "import sys; sys.modules['flask'] = None; import paytm_kit.contrib.flask"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: paytm_kit.contrib.flask needs Flask. Install it: pip install "paytm-kit[flask]"'
    )


# ---- what is heard -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("payment_suceeded", "There is no announcement 'payment_suceeded'. Did you mean payment_succeeded?"),
        ("order", "There is no announcement 'order'. There are: payment_succeeded, payment_failed, "),
    ],
)
def test_an_announcement_that_does_not_exist_is_refused(name: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        hearing.on(name)
    assert str(refused.value).startswith(says)


def test_a_function_must_bear_what_is_added_one_day() -> None:
    def told(order: object) -> None: ...

    with pytest.raises(TypeError, match=r"told must take \*\*kwargs: announcements may bring more one day\."):
        hearing.on("payment_succeeded")(told)


def test_the_manual_names_every_key() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "flask.md").read_text("utf-8")
    assert [key.name for key in config.KEYS if f"| `{key.name}` |" not in manual] == []
