"""deploy/nginx.conf under a real nginx: its limits hold, and half-sent bodies stop nobody."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.stack import Stack, free_port
from exchange.oauth import certificates
from tests.approvals.program import PATH, Program, body
from tests.waiting import eventually

CONF = (ROOT / "deploy" / "nginx.conf").read_text()
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin:/sbin")
UNVERIFIED = ssl.create_default_context()  # the certificate is the test's own
UNVERIFIED.check_hostname, UNVERIFIED.verify_mode = False, ssl.CERT_NONE
HALF_SENT = 540  # more than the web process has threads
pytestmark = pytest.mark.slow


class Echo(BaseHTTPRequestHandler):
    """An upstream that answers with the headers that it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = json.dumps(self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *args: object) -> None:
        pass


class Proxy:
    """nginx with the example as it is, but for ports, names of files, and what is behind it.

    ``changes``: further texts of the example to replace.
    """

    def __init__(self, folder: Path, upstream: int, changes: dict[str, str] | None = None) -> None:
        assert NGINX is not None
        self.port, plain, self.certified = free_port(), free_port(), free_port()
        self._certificate(folder)
        static = folder / "static"
        static.mkdir()
        (static / "app.css").write_text("p{}")
        conf = CONF
        for old, new in {
            "unix:/run/miaopi-web/http.sock": f"127.0.0.1:{upstream}",
            "127.0.0.1:8010": f"127.0.0.1:{upstream}",
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen 8443 ssl": f"listen 127.0.0.1:{self.certified} ssl",
            "/etc/ssl/miaopi/": f"{folder}/",
            "/var/lib/miaopi/static/": f"{static}/",
            "include miaopi-proxy.conf": f'include "{ROOT}/deploy/nginx-proxy.conf"',
            **(changes or {}),
        }.items():
            assert old in conf, old
            conf = conf.replace(old, new)
        (folder / "miaopi.conf").write_text(conf)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log;"
            " worker_processes 1;"
            f" events {{ worker_connections 4096; }}\n"
            f'http {{ access_log off;\n{temporary} include "{folder}/miaopi.conf"; }}\n'
        )
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr
        self.popen = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        assert eventually(lambda: self.status("GET", "/health/") != 0), "nginx does not start"

    def _certificate(self, folder: Path) -> None:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-days", "2", "-subj", "/CN=miaopi.example"]
            + ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
            check=True,
            capture_output=True,
        )

    def connect(self, source: str) -> ssl.SSLSocket:
        line = socket.create_connection(
            ("127.0.0.1", self.port), timeout=15, source_address=(source, 0)
        )
        return UNVERIFIED.wrap_socket(line)

    def ask(
        self,
        method: str,
        path: str,
        sent: bytes = b"",
        headers: dict[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request from a loopback address of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.sock = self.connect(source)
        try:
            connection.request(method, path, sent or None, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def status(self, method: str, path: str, source: str = "127.0.0.1") -> int:
        try:
            return self.ask(method, path, source=source)[0]
        except OSError:
            return 0

    def stop(self) -> None:
        self.popen.terminate()
        self.popen.wait(10)


def require_nginx() -> None:
    if NGINX is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no nginx: .ci/run installs it")
        pytest.skip("no nginx found")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """In front of an upstream that echoes headers.

    So slow that nothing but the burst is let through however slow this machine is, and with so
    much time for a body that half-sent ones are still there when the last one comes.
    """
    require_nginx()
    slow = {f"rate={rate};": "rate=1r/m;" for rate in ("10r/m", "60r/m", "10r/s", "100r/s")}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    running = Proxy(
        tmp_path_factory.mktemp("nginx"),
        server.server_address[1],
        {**slow, "client_body_timeout 10s": "client_body_timeout 90s"},
    )
    yield running
    running.stop()
    server.shutdown()
    server.server_close()


def test_every_limit_that_is_declared_is_used() -> None:
    declared = set(re.findall(r"zone=(\w+):", CONF))
    used = set(re.findall(r"limit_req zone=(\w+) ", CONF))
    used |= set(re.findall(r"limit_conn (\w+) ", CONF))
    assert declared == used


def test_a_client_cannot_name_another_address_or_scheme(proxy: Proxy) -> None:
    claims = {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "http", "Host": "miaopi.example"}
    for path in ("/", "/login/", "/api/v1/services", "/webhooks/food/"):
        status, _, raw = proxy.ask("GET", path, headers=claims, source="127.0.0.9")
        seen = Counter((name.lower(), value) for name, value in json.loads(raw))
        assert status == 200
        assert seen["x-forwarded-for", "127.0.0.9"] == 1
        assert seen["x-forwarded-proto", "https"] == 1
        assert seen["host", "miaopi.example"] == 1
        assert "10.1.2.3" not in raw.decode()


def test_the_door_of_assistants_has_a_name_and_limits_of_its_own(proxy: Proxy) -> None:
    claims = {"X-Forwarded-For": "10.1.2.3", "Host": "assistants.miaopi.example"}
    for path in ("/mcp", "/token", "/.well-known/oauth-protected-resource/mcp"):
        status, _, raw = proxy.ask("POST", path, b"{}", claims, source="127.0.0.9")
        seen = {name.lower(): value for name, value in json.loads(raw)}
        assert status == 200
        assert seen["host"] == "assistants.miaopi.example"
        assert seen["x-forwarded-for"] == "127.0.0.9"
    sent = [proxy.ask("GET", "/mcp", b"", claims, source="127.0.0.10")[0] for _ in range(60)]
    assert 429 in sent and sent[:40] == [200] * 40


def test_log_ins_are_limited_by_address_and_pages_are_not(proxy: Proxy) -> None:
    for path, source in (("/login/", "127.0.1.1"), ("/desk/login/", "127.0.1.2")):
        sent = [proxy.status("POST", path, source) for _ in range(20)]
        assert sent == [200] * 11 + [429] * 9  # one, and a burst of ten
        assert [proxy.status("GET", path, source) for _ in range(30)] == [200] * 30
        assert proxy.status("POST", path, "127.0.1.3") == 200


def test_forms_are_limited_by_address(proxy: Proxy) -> None:
    sent = [proxy.status("POST", "/services/sole_trader/", "127.0.2.1") for _ in range(60)]
    assert sent == [200] * 31 + [429] * 29  # one, and a burst of thirty
    assert proxy.status("POST", "/services/sole_trader/", "127.0.2.2") == 200
    searched = [proxy.status("POST", "/", "127.0.2.3") for _ in range(60)]
    assert searched == [200] * 60  # typing in the search for services


def test_a_program_that_sends_too_much_gets_a_problem_document(proxy: Proxy) -> None:
    line = http.client.HTTPConnection("127.0.0.1", proxy.port)
    line.sock = proxy.connect("127.0.3.1")
    answers = []
    for _ in range(210):
        line.request("GET", "/api/v1/services")
        answer = line.getresponse()
        answers.append((answer.status, answer.headers, answer.read()))
    line.close()
    refused = [answer for answer in answers if answer[0] == 429]
    assert len(answers) - len(refused) == 201  # one, and a burst of two hundred
    _, headers, raw = refused[0]
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Retry-After"] == "2"
    assert json.loads(raw)["code"] == "too_many"


def test_tokens_are_limited_by_address(proxy: Proxy) -> None:
    sent = [proxy.status("POST", "/oauth/token", "127.0.7.1") for _ in range(30)]
    assert sent == [200] * 21 + [429] * 9  # one, and a burst of twenty
    assert proxy.status("POST", "/oauth/token", "127.0.7.2") == 200


def test_a_client_certificate_is_named_by_nginx_alone(proxy: Proxy, tmp_path: Path) -> None:
    """What miaopi makes of the header is the SHA-256 of the very certificate that was shown."""
    made, key = tmp_path / "program.pem", tmp_path / "program.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=program", "-keyout", key, "-out", made],
        check=True,
        capture_output=True,
    )
    forged = {"X-Client-Certificate": "a" * 64}

    def seen(port: int, shown: bool) -> list[str]:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if shown:
            context.load_cert_chain(made, key)
        line = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=15)
        line.request("POST", "/oauth/revoke", headers=forged)
        answer = json.loads(line.getresponse().read())
        line.close()
        return [value for name, value in answer if name.lower() == "x-client-certificate"]

    assert seen(proxy.certified, shown=False) == []
    [header] = seen(proxy.certified, shown=True)
    der = ssl.PEM_cert_to_DER_cert(made.read_text())
    assert certificates.thumbprint(header) == hashlib.sha256(der).hexdigest()
    assert seen(proxy.port, shown=True) == []


def test_a_body_above_the_limit_is_not_received(proxy: Proxy) -> None:
    large = b"x" * 1_200_000
    status, headers, raw = proxy.ask("POST", "/api/v1/applications", large, source="127.0.4.1")
    assert (status, headers["Content-Type"]) == (413, "application/problem+json")
    assert json.loads(raw)["code"] == "too_large"
    assert proxy.ask("POST", "/verify/", large, source="127.0.4.1")[0] == 413


def test_static_files_are_kept_by_browsers(proxy: Proxy) -> None:
    status, headers, raw = proxy.ask("GET", "/static/app.css")
    assert (status, raw) == (200, b"p{}")
    assert "immutable" in headers["Cache-Control"]


def half_sent(path: str, bearer: str, host: str) -> bytes:
    """A request whose body never comes to its end."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\n"
        f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Type: application/json\r\n"
        'Content-Length: 500\r\n\r\n{"service"'
    ).encode()


def answered(lines: list[socket.socket]) -> list[int]:
    """The status of each line that has an answer by now; 0 when it was closed without one."""
    found = []
    for line in lines:
        line.settimeout(0.001)
        try:
            head = line.recv(16)
        except (TimeoutError, ssl.SSLWantReadError):
            continue
        except OSError:
            head = b""
        found.append(int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0)
    return found


def test_behind_nginx_half_sent_bodies_stop_nobody(live: Stack, tmp_path: Path) -> None:
    require_nginx()
    patient = {"client_body_timeout 10s": "client_body_timeout 120s"}  # they all are there at once
    proxy = Proxy(tmp_path, live.port, patient)
    bearer = Program("window").bearer
    lines: list[socket.socket] = []
    try:
        for number in range(HALF_SENT):
            line = proxy.connect(f"127.0.5.{1 + number % 3}")  # three addresses: 180 each
            line.sendall(half_sent(PATH, bearer, "127.0.0.1"))
            lines.append(line)
        headers = {"Authorization": bearer, "Idempotency-Key": str(uuid.uuid4())}
        headers["Content-Type"] = "application/json"
        began = time.monotonic()
        sent = json.dumps(body()).encode()
        assert proxy.ask("POST", PATH, sent, headers, source="127.0.5.9")[0] == 202
        assert proxy.ask("GET", "/health/", source="127.0.5.9")[0] == 200
        assert time.monotonic() - began < 5
        assert answered(lines) == []
    finally:
        for line in lines:
            line.close()
        proxy.stop()


def test_nginx_ends_a_half_sent_body_after_ten_seconds(tmp_path: Path) -> None:
    require_nginx()
    proxy = Proxy(tmp_path, upstream=1)
    lines: list[socket.socket] = []
    try:
        for _ in range(3):
            lines.append(proxy.connect("127.0.0.1"))
            lines[-1].sendall(half_sent(PATH, "Bearer x", "miaopi.example"))
        began = time.monotonic()
        assert eventually(lambda: len(answered(lines)) == 3, 40)
        assert time.monotonic() - began > 8
    finally:
        for line in lines:
            line.close()
        proxy.stop()


def test_one_address_holds_no_more_than_its_connections(proxy: Proxy) -> None:
    lines: list[socket.socket] = []
    try:
        for _ in range(220):
            line = proxy.connect("127.0.6.1")
            line.sendall(half_sent("/api/v1/applications", "Bearer x", "miaopi.example"))
            lines.append(line)
        statuses = answered(lines)
        assert statuses.count(429) == 20
        assert proxy.status("GET", "/health/", "127.0.6.1") == 429
        assert proxy.status("GET", "/health/", "127.0.6.2") == 200
    finally:
        for line in lines:
            line.close()


def test_without_a_proxy_half_sent_bodies_leave_pages_alone(live: Stack) -> None:
    program = Program("window", live.url)
    lines = []
    try:
        for _ in range(HALF_SENT):
            line = socket.create_connection(("127.0.0.1", live.port), timeout=15)
            line.sendall(half_sent(PATH, program.bearer, "127.0.0.1"))
            lines.append(line)
        for _ in range(10):
            began = time.monotonic()
            with urllib.request.urlopen(live.url + "/ready/", timeout=10) as answer:
                assert answer.status == 200
            assert time.monotonic() - began < 3
        refused = program.post(body())
        assert (refused.status, refused.json["code"]) == (503, "body_not_read")
        assert refused.headers["Retry-After"] == "5"
    finally:
        for line in lines:
            line.close()
    assert eventually(lambda: program.post(body()).status == 202, 15)
