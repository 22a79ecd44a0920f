"""Messages by ways that have a real other end: a mail server with real encryption, a desktop's bus."""

import email
import email.policy
import json
import os
import socket
import ssl
import subprocess
import threading

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from harness import wait_for

# Of this computer, but not one of the names that are spoken to without encryption.
HOST = "127.0.0.2"
USER, PASSWORD = "ana@example.org", "una contraseña"
REMINDER = "avísame en 1 segundo de sacar la «basura» al contenedor"


class Letters:
    """Keeps what a server takes."""

    def __init__(self):
        self.taken = []

    async def handle_DATA(self, server, session, envelope):
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, parsed))
        return "250 OK"


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    """A mail server that wants STARTTLS first and a login then."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    letters = Letters()

    def login(_server, _session, _envelope, _mechanism, data):
        # Not handled: the server says itself that a login failed.
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)

    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    controller = Controller(
        letters,
        hostname=HOST,
        port=port,
        tls_context=context,
        require_starttls=True,
        authenticator=login,
        auth_required=True,
    )
    controller.start()
    letters.port = port
    yield letters
    controller.stop()


def mail_home(home, server, password=PASSWORD, mode=0o600):
    home.settings["channels.email"] = "ana@example.org"
    home.settings["channels.smtp"] = f"smtp://{USER}@{HOST}:{server.port}"
    file = home.config_file.with_name("smtp-password")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(password + "\n")
    os.chmod(file, mode)


def remind(home):
    added = home.run("rules", "add", "--yes", REMINDER, env={"SARAI_LANG": "es"})
    assert added.returncode == 0, added


def test_a_reminder_comes_by_mail(home, server, authority, tmp_path):
    mail_home(home, server)
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(roots)
    home.start("loop", env={"SSL_CERT_FILE": str(roots)})
    remind(home)
    wait_for("the letter", lambda: server.taken)
    [(sender, receivers, letter)] = server.taken
    assert (sender, receivers) == ("ana@example.org", ["ana@example.org"])
    assert letter["from"] == "SARAi <ana@example.org>" and letter["to"] == "ana@example.org"
    assert letter["subject"] == "sacar la «basura» al contenedor"
    assert letter.get_content().strip() == "sacar la «basura» al contenedor"
    assert letter["message-id"].startswith("<sarai.") and letter["message-id"].endswith("@example.org>")


@pytest.mark.parametrize(
    ("password", "mode", "is_trusted", "why"),
    [
        (PASSWORD, 0o600, False, "certificate"),
        ("otra", 0o600, True, "535"),
        (PASSWORD, 0o644, True, "others can read the password"),
    ],
)
def test_nothing_is_said_to_a_server_that_is_not_sure(home, server, authority, tmp_path, password, mode, is_trusted, why):
    mail_home(home, server, password, mode)
    roots = tmp_path / "roots.pem"
    (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(roots)
    loop = home.start("loop", env={"SSL_CERT_FILE": str(roots)})
    remind(home)
    wait_for("the attempt", lambda: "a message is not taken" in home.log_of(loop))
    log = home.log_of(loop)
    assert why in log, log
    assert PASSWORD not in log and not server.taken
    # It is kept here, and was said here.
    listed = json.loads(home.run("rules", "list", "--json").stdout)
    assert any(rule["last"] and rule["last"]["state"] == "done" for rule in listed), listed


class Desktop:
    """What a desktop does with notifications, on a session bus of its own: it keeps them."""

    ANSWERS = {
        "GetServerInformation": ("ssss", ("test", "sarai", "1", "1.2")),
        "GetCapabilities": ("as", (["body"],)),
        "Notify": ("u", (1,)),
    }

    def __init__(self):
        command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"]
        self.bus = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = self.bus.stdout.readline().strip()
        self.shown = []
        self.connection = open_dbus_connection(bus=self.address)
        self.connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications"))
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            try:
                call = self.connection.receive()
            except (ConnectionError, OSError):
                return
            member = call.header.fields.get(HeaderFields.member)
            if call.header.message_type != MessageType.method_call or member not in self.ANSWERS:
                continue
            if member == "Notify":
                self.shown.append(call.body)
            self.connection.send(new_method_return(call, *self.ANSWERS[member]))

    def close(self):
        self.bus.terminate()
        self.bus.wait(10)


def test_a_reminder_is_shown_on_the_desktop(home):
    desktop = Desktop()
    try:
        home.settings["channels.desktop"] = "true"
        home.start("loop", env={"DBUS_SESSION_BUS_ADDRESS": desktop.address})
        remind(home)
        wait_for("the notification", lambda: desktop.shown)
        [(program, _, _, title, text, *_)] = desktop.shown
        assert (program, title, text) == ("SARAi", "SARAi", "sacar la «basura» al contenedor")
    finally:
        desktop.close()
