"""The fixture ``paytm_simulator``: in any project, under every test tool's rules, empty for every test."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import requests
import responses
from django.conf import LazySettings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from django.test import Client, TestCase, TransactionTestCase, override_settings
from paytmchecksum import PaytmChecksum

from demo_site.shop.models import Order
from paytm_kit.models import Payment
from paytm_kit.services import opening
from paytm_kit.testing.simulator import Mistake, Refused, Simulator, running

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

ROOT = Path(__file__).parents[2]


def initiate(simulator: Simulator, order_id: str = "ORD-1", key: str = "", **changes: object) -> dict[str, object]:
    """An initiate request, signed with Paytm's own library; its resultInfo."""
    body = {
        "requestType": "Payment", "mid": simulator.mid, "websiteName": simulator.website, "orderId": order_id,
        "callbackUrl": "http://testserver/paytm/callback/", "txnAmount": {"value": "249.50", "currency": "INR"},
        "userInfo": {"custId": "C_17"}, **changes,
    }  # fmt: skip
    text = json.dumps(body)
    signature = PaytmChecksum.generateSignature(text, key or simulator.key)
    answer = requests.post(
        f"{simulator.url}/theia/api/v1/initiateTransaction?mid={body['mid']}&orderId={order_id}",
        data=f'{{"head":{{"signature":{json.dumps(signature)}}},"body":{text}}}',
        headers={"Content-Type": "application/json"},
        timeout=10,
    )
    return answer.json()["body"]


def signed(fields: dict[str, str], key: str) -> bool:
    fields = dict(fields)
    return PaytmChecksum.verifySignature(fields, key, fields.pop("CHECKSUMHASH"))


# ---- a whole order -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_shop_is_paid_through_its_own_views(paytm_simulator: Simulator, settings: LazySettings) -> None:
    settings.PAYTM_KIT = paytm_simulator.settings()
    order = Order.objects.create(name="Asha Rao", email="asha@example.com", mobile="9000000001", address="4 Lake Road")
    order.lines.create(name="Tea", unit_price=Decimal("249.50"), quantity=1)
    payment = opening.open_payment(order)
    shopper = Client(enforce_csrf_checks=True)
    assert shopper.get(f"/paytm/pay/{payment.token}/").status_code == 200
    paytm_simulator.pay(payment.gateway_order_id)
    assert paytm_simulator.bring_callback(shopper, payment.gateway_order_id).status_code == 303
    assert Payment.objects.get(pk=payment.pk).status == "paid"
    [webhook] = paytm_simulator.webhooks()
    assert shopper.post("/paytm/webhook/", webhook.body, content_type=webhook.content_type).status_code == 200
    assert order.payments.get().captured_amount == Decimal(
        paytm_simulator.order(payment.gateway_order_id)["captured_amount"]
    )


def test_callback_and_webhook_are_signed_and_agree(paytm_simulator: Simulator) -> None:
    initiate(paytm_simulator)
    assert paytm_simulator.pay("ORD-1", "failure")["status"] == "failure"
    url, fields = paytm_simulator.callback("ORD-1")
    assert url == "http://testserver/paytm/callback/"
    assert signed(fields, paytm_simulator.key)
    [webhook] = paytm_simulator.webhooks()
    assert signed(webhook.fields, paytm_simulator.key)
    assert webhook.fields["TXNID"] == fields["TXNID"]
    assert webhook.fields["STATUS"] == fields["STATUS"] == "TXN_FAILURE"


def test_time_passes_when_it_is_told_to(paytm_simulator: Simulator) -> None:
    initiate(paytm_simulator)
    paytm_simulator.pay("ORD-1", "pending")
    assert paytm_simulator.webhooks() == []
    paytm_simulator.advance(3600)
    assert paytm_simulator.order("ORD-1")["status"] == "success"
    assert [webhook.fields["STATUS"] for webhook in paytm_simulator.webhooks()] == ["TXN_SUCCESS"]


def test_a_fault_is_in_the_callback_that_the_test_gets(paytm_simulator: Simulator) -> None:
    paytm_simulator.faults("callback.unsigned", {"fault": "callback.duplicated", "copies": 3})
    initiate(paytm_simulator)
    paytm_simulator.pay("ORD-1")
    assert "CHECKSUMHASH" not in paytm_simulator.callback("ORD-1")[1]
    assert len(paytm_simulator.callbacks("ORD-1")) == 3


def test_a_lost_callback_is_told(paytm_simulator: Simulator) -> None:
    paytm_simulator.faults("callback.lost")
    initiate(paytm_simulator)
    paytm_simulator.pay("ORD-1")
    with pytest.raises(Mistake, match="lost"):
        paytm_simulator.callback("ORD-1")


def test_mistakes_name_the_field(paytm_simulator: Simulator) -> None:
    with pytest.raises(Mistake, match="order_id"):
        paytm_simulator.order("NONE")
    with pytest.raises(Mistake, match="order_id"):
        paytm_simulator.callback("NONE")
    initiate(paytm_simulator)
    with pytest.raises(Mistake, match="outcome"):
        paytm_simulator.pay("ORD-1", "perhaps")
    with pytest.raises(Mistake, match=r"callback\.lost"):
        paytm_simulator.faults("calback.lost")


# ---- every test has it empty ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_of_the_test_before(paytm_simulator: Simulator, turn: int) -> None:
    assert paytm_simulator.orders() == []
    assert paytm_simulator.webhooks() == []
    assert paytm_simulator.messages() == []
    health = paytm_simulator.ask("GET", "health")
    assert health["clock_offset_seconds"] == 0
    assert health["settings"]["settle_after"] == 20
    assert paytm_simulator.ask("GET", "faults")["active"] == []
    assert [row["mid"] for row in paytm_simulator.ask("GET", "merchants")["merchants"]] == [paytm_simulator.mid]
    paytm_simulator.add_merchant("SECOND", "k" * 16)
    paytm_simulator.configure(settle_after=99, webhook_format="json")
    initiate(paytm_simulator)
    paytm_simulator.pay("ORD-1")
    paytm_simulator.advance(86_400)
    paytm_simulator.faults("status.error")


def test_the_same_seed_draws_the_same_ids_after_each_reset(paytm_simulator: Simulator) -> None:
    drawn = []
    for _ in range(2):
        initiate(paytm_simulator)
        drawn.append(paytm_simulator.pay("ORD-1")["transactions"][0]["txn_id"])
        paytm_simulator.reset()
    assert drawn[0] == drawn[1]


def test_a_rotated_key_is_forgotten_at_the_reset(paytm_simulator: Simulator) -> None:
    paytm_simulator.ask("POST", f"merchants/{paytm_simulator.mid}/rotate-key", {"key": "another#key&0001"})
    paytm_simulator.reset()
    initiate(paytm_simulator)
    paytm_simulator.pay("ORD-1")
    assert signed(paytm_simulator.callback("ORD-1")[1], paytm_simulator.key)


def test_a_reset_waits_for_nothing(paytm_simulator: Simulator) -> None:
    def once() -> float:
        began = time.perf_counter()
        paytm_simulator.reset()
        return time.perf_counter() - began

    # The quickest of ten: what a crowded machine adds to some says nothing, a pause of ours would be in each.
    assert min(once() for _ in range(10)) < 0.1


# ---- other test tools do not meet it -------------------------------------------------------------------------------


def test_it_answers_while_the_projects_databases_are_forbidden(paytm_simulator: Simulator) -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        Order.objects.count()
    assert initiate(paytm_simulator)["resultInfo"]["resultCode"] == "0000"
    assert paytm_simulator.pay("ORD-1")["captured_amount"] == "249.50"
    assert paytm_simulator.callback("ORD-1")


@pytest.mark.usefixtures("_simulator_of_the_class")
class TestInsideDjangosTestCase(TestCase):
    databases: set[str] = set()
    simulator: Simulator

    def test_no_database_is_allowed_and_it_answers(self) -> None:
        assert initiate(self.simulator)["resultInfo"]["resultCode"] == "0000"
        assert len(self.simulator.orders()) == 1


@pytest.mark.usefixtures("_simulator_of_the_class")
class TestInsideDjangosTransactionTestCase(TransactionTestCase):
    databases = {"default"}
    simulator: Simulator

    def test_the_flush_afterwards_makes_nothing_of_the_simulators(self) -> None:
        initiate(self.simulator)
        assert not ContentType.objects.filter(app_label="paytm_simulator").exists()
        call_command("flush", verbosity=0, interactive=False)  # and the signals after it
        assert not ContentType.objects.filter(app_label="paytm_simulator").exists()
        assert len(self.simulator.orders()) == 1


@pytest.fixture
def _simulator_of_the_class(request: pytest.FixtureRequest, paytm_simulator: Simulator) -> None:
    request.cls.simulator = paytm_simulator


@pytest.mark.django_db
def test_the_projects_database_knows_nothing_of_it(paytm_simulator: Simulator) -> None:
    initiate(paytm_simulator)
    assert list(connections) == ["default"]
    tables = connections["default"].introspection.table_names()
    assert tables
    assert not [name for name in tables if name.startswith("paytm_simulator")]


def test_it_needs_no_mercy_of_a_mocked_requests_library(paytm_simulator: Simulator) -> None:
    initiate(paytm_simulator)
    with responses.RequestsMock():
        assert paytm_simulator.pay("ORD-1", deliver=[])["status"] == "success"


class Elsewhere:
    def db_for_read(self, model: object, **hints: object) -> str:
        return "default"

    db_for_write = db_for_read


def test_a_router_that_a_test_sets_does_not_catch_its_books(paytm_simulator: Simulator) -> None:
    with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        initiate(paytm_simulator)
        assert paytm_simulator.callback is not None
        assert len(paytm_simulator.orders()) == 1
    assert len(paytm_simulator.orders()) == 1


@override_settings(
    ALLOWED_HOSTS=["only.example"], ROOT_URLCONF="nothing", MIDDLEWARE=["no.such.Middleware"], TEMPLATES=[],
    FORCE_SCRIPT_NAME="/app", DEBUG=True, LANGUAGE_CODE="de", APPEND_SLASH=True, SECURE_SSL_REDIRECT=True,
)  # fmt: skip
def test_the_settings_around_it_are_not_its_own(paytm_simulator: Simulator) -> None:
    assert initiate(paytm_simulator)["resultInfo"]["resultCode"] == "0000"
    overview = requests.get(f"{paytm_simulator.url}/", timeout=10)
    assert overview.url == f"{paytm_simulator.url}/_sim/"
    assert "249.50" in overview.text
    assert requests.get(f"{paytm_simulator.url}/nothing", timeout=10).json()["errorDetails"]["errorCode"] == "SVE-003"
    foreign = requests.get(f"{paytm_simulator.url}/_sim/health", headers={"Host": "only.example"}, timeout=10)
    assert foreign.status_code == 400


def test_a_webhook_to_the_shops_own_server_is_sent_there(paytm_simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as shop:
        heard: list[bytes] = []

        def listen() -> None:
            connection, _ = shop.accept()
            with connection:
                heard.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        paytm_simulator.configure(webhook_url=f"http://127.0.0.1:{shop.getsockname()[1]}/hook")
        initiate(paytm_simulator)
        paytm_simulator.pay("ORD-1")
        assert paytm_simulator.webhooks() == []
        thread.join(5)
    assert heard[0].startswith(b"POST /hook ")


# ---- where it must not run -----------------------------------------------------------------------------------------


def test_there_is_one_in_a_process(paytm_simulator: Simulator) -> None:
    with pytest.raises(Refused, match="already"), running():
        pass
    assert paytm_simulator.orders() == []


def in_a_process_of_its_own(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PAYTM_", "DJANGO_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=60,
        env=clean | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | environ,
    )  # fmt: skip


def test_it_does_not_start_in_production(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PAYTM_ENVIRONMENT=production\n")
    program = "from paytm_kit.testing.simulator import running\nwith running(): pass"
    ended = in_a_process_of_its_own(tmp_path, "-c", program)
    assert ended.returncode == 1
    assert "Refused: The Paytm simulator does not run where PAYTM_ENVIRONMENT=production" in ended.stderr


def test_a_project_without_time_zones_is_told_what_to_do(tmp_path: Path) -> None:
    program = """
from django.conf import settings
settings.configure(USE_TZ=False)
from paytm_kit.testing.simulator import running
with running(): pass
"""
    ended = in_a_process_of_its_own(tmp_path, "-c", program)
    assert "Refused: The simulator in a test process needs USE_TZ = True" in ended.stderr


def test_a_project_that_mounts_the_app_keeps_its_mounted_books(tmp_path: Path) -> None:
    program = """
from django.conf import settings
settings.configure(
    USE_TZ=True, SECRET_KEY="x", INSTALLED_APPS=["paytm_kit.simulator"], ROOT_URLCONF="paytm_kit.simulator.urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "mounted.sqlite3"}},
    PAYTM_SIMULATOR={"mid": "MOUNTED", "key": "m" * 16}, ALLOWED_HOSTS=["*"],
)
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
mounted = Client()
assert mounted.get("/_sim/health").json()["mid"] == "MOUNTED"
from order import initiate
from paytm_kit.testing.simulator import running
with running() as simulator:
    assert initiate(simulator) == "0000"
    assert simulator.pay("ORD-1")["captured_amount"] == "249.50"
assert mounted.get("/_sim/orders").json() == {"orders": []}
assert mounted.get("/_sim/health").json()["mid"] == "MOUNTED"
print("kept")
"""
    ended = in_a_process_of_its_own(project(tmp_path), "-c", program)
    assert ended.stdout == "kept\n", ended.stderr


def test_it_can_be_started_again_and_leaves_no_thread_and_no_file(tmp_path: Path) -> None:
    program = """
import threading, time, pathlib
from paytm_kit.testing.simulator import running
for seed in (1, 2):
    began = time.perf_counter()
    with running(seed=seed) as simulator:
        assert time.perf_counter() - began < 3, "starts in well under a second on an idle machine"
        assert simulator.orders() == []
        assert list(pathlib.Path(".").iterdir())
assert not list(pathlib.Path(".").iterdir())
print(sorted(thread.name for thread in threading.enumerate()))
"""
    ended = in_a_process_of_its_own(tmp_path, "-c", program, TMPDIR=str(tmp_path))
    assert ended.stdout == "['MainThread']\n", ended.stderr


# ---- projects that know nothing of it ------------------------------------------------------------------------------

CONFTEST = 'pytest_plugins = ["paytm_kit.testing.pytest_plugin"]\n'
STRANGE_SETTINGS = """
SECRET_KEY = "x"
ALLOWED_HOSTS = ["only.example"]
ROOT_URLCONF = "urls"
MIDDLEWARE = ["middleware.Refuses"]
TEMPLATES = []
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True},
    "reports": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "ATOMIC_REQUESTS": True},
}
DATABASE_ROUTERS = ["routers.ToReports"]
LANGUAGE_CODE = "de"
FORCE_SCRIPT_NAME = "/app"
SECURE_SSL_REDIRECT = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
STRANGE_TEST = """
import pytest, requests
from django.contrib.auth.models import Permission, User
from django.db import connections
from django.test import Client
from order import initiate


@pytest.mark.django_db(databases=["reports"])
def test_beside_another_database(paytm_simulator):
    assert initiate(paytm_simulator) == "0000"
    assert paytm_simulator.pay("ORD-1")["captured_amount"] == "249.50"
    assert "249.50" in requests.get(paytm_simulator.url + "/", timeout=10).text
    assert not Permission.objects.using("reports").filter(content_type__app_label="paytm_simulator").exists()
    assert sorted(connections) == ["default", "reports"]


def test_without_any_database(paytm_simulator):
    assert paytm_simulator.orders() == []
    assert initiate(paytm_simulator) == "0000"


@pytest.mark.django_db(transaction=True, databases=["default", "reports"])
def test_with_a_flush(paytm_simulator):
    User.objects.create(username="asha")
    assert initiate(paytm_simulator) == "0000"
"""
ORDER = """
import json, requests
from paytmchecksum import PaytmChecksum


def initiate(simulator, order_id="ORD-1"):
    text = json.dumps({
        "requestType": "Payment", "mid": simulator.mid, "websiteName": simulator.website, "orderId": order_id,
        "callbackUrl": "http://testserver/cb", "txnAmount": {"value": "249.50", "currency": "INR"},
        "userInfo": {"custId": "C"},
    })
    head = json.dumps({"signature": PaytmChecksum.generateSignature(text, simulator.key)})
    answer = requests.post(
        f"{simulator.url}/theia/api/v1/initiateTransaction?mid={simulator.mid}&orderId={order_id}",
        data=f'{{"head":{head},"body":{text}}}', headers={"Content-Type": "application/json"}, timeout=10,
    )
    return answer.json()["body"]["resultInfo"]["resultCode"]
"""
RULES = ("-q", "-p", "no:cacheprovider", "--disable-socket", "--allow-hosts=127.0.0.1")


def project(folder: Path, **files: str) -> Path:
    for name, text in {"conftest": CONFTEST, "order": ORDER, **files}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_in_a_django_project_with_settings_of_every_strange_kind(tmp_path: Path) -> None:
    folder = project(
        tmp_path, strange=STRANGE_SETTINGS, test_strange=STRANGE_TEST, urls="urlpatterns = []",
        middleware="def Refuses(get_response):\n    raise RuntimeError('a request came to the project')\n",
        routers=(
            "class ToReports:\n    def db_for_read(self, model, **hints):\n        return 'reports'\n"
            "    db_for_write = db_for_read\n"
        ),
    )  # fmt: skip
    ended = in_a_process_of_its_own(folder, "-m", "pytest", *RULES, "--ds=strange", "-n2")
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


OTHER_SHOP = """
from urllib.parse import urlsplit
from order import initiate
from shop import application, paid


def post(path, fields):
    import io
    from urllib.parse import urlencode
    body = urlencode(fields).encode()
    said = []
    application({"PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)},
                lambda status, headers: said.append(status))
    return said[0]


def test_the_shop_is_paid(paytm_simulator):
    assert initiate(paytm_simulator) == "0000"
    paytm_simulator.pay("ORD-1")
    url, fields = paytm_simulator.callback("ORD-1")
    assert post(urlsplit(url).path, fields) == "200 OK"
    assert paid == {"ORD-1"}
    assert len(paytm_simulator.webhooks()) == 1


def test_and_the_next_test_begins_anew(paytm_simulator):
    assert paytm_simulator.orders() == []
    assert paytm_simulator.environ("http://shop.example")["PAYTM_HOST"] == paytm_simulator.url
"""
SHOP = """
from urllib.parse import parse_qsl
from paytmchecksum import PaytmChecksum

paid = set()


def application(environ, start_response):
    fields = dict(parse_qsl(environ["wsgi.input"].read().decode(), keep_blank_values=True))
    if PaytmChecksum.verifySignature(fields, "demo#Key&1@paytm", fields.pop("CHECKSUMHASH")):
        paid.add(fields["ORDERID"])
    start_response("200 OK", [])
    return []
"""


@pytest.mark.parametrize("plugins", [(), ("-p", "no:django")], ids=["pytest-django installed", "without it"])
def test_in_a_project_without_django(tmp_path: Path, plugins: tuple[str, ...]) -> None:
    folder = project(tmp_path, shop=SHOP, test_shop=OTHER_SHOP)
    ended = in_a_process_of_its_own(folder, "-m", "pytest", *RULES, *plugins)
    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr


def test_the_plugin_costs_a_run_nothing_that_does_not_use_it(tmp_path: Path) -> None:
    program = "import sys; import paytm_kit.testing.pytest_plugin; print('django' in sys.modules)"
    assert in_a_process_of_its_own(tmp_path, "-c", program).stdout == "False\n"


def test_what_it_is_pointed_with_names_every_value(paytm_simulator: Simulator) -> None:
    account: Callable[[], dict[str, str]] = paytm_simulator.account
    assert account()["HOST"] == paytm_simulator.url
    assert paytm_simulator.settings("https://shop.example")["BASE_URL"] == "https://shop.example"
    assert set(paytm_simulator.environ().values()) >= set(account().values())
