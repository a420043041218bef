"""The scanner: a small server that speaks as clamd does, over a socket of its own."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.clock import now
from materials import scanning
from materials.actions import Upload, keep
from materials.content import RejectedFile
from materials.models import Material
from people.actors import Actor, Kind
from people.errors import ActionRejected
from tests.materials.files import GOOD, in_process, pdf

SIGN = b"X5O!P%@AP-STANDARD-TEST"
ME = Actor(Kind.CITIZEN, "0" * 32)


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM and VERSION of clamd, with one signature."""

    def handle(self) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if command == b"zVERSION\0":
            self.wfile.write(b"ClamAV 1.4.2/27500/Sat Nov 28 2026\0")
            return
        assert command == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
        found = b"Test.Signature FOUND" if SIGN in data else b"OK"
        self.wfile.write(b"stream: " + found + b"\0")


@pytest.fixture
def clamd(settings: Any, tmp_path: Path) -> Iterator[Any]:
    place = tmp_path / "clamd"
    with socketserver.ThreadingUnixStreamServer(str(place), Clamd) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        settings.CLAMD = f"unix:{place}"
        yield server
        server.shutdown()
        thread.join()


def test_a_clean_file_is_said_to_be_scanned_and_by_what(clamd: Any) -> None:
    assert scanning.scan(GOOD["a PDF"] * 60) == "ClamAV 1.4.2/27500/Sat Nov 28 2026"


def test_what_the_scanner_finds_is_refused_and_not_stored(
    clamd: Any, furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_process(monkeypatch)
    with pytest.raises(ActionRejected) as caught:
        keep(upload=Upload(pdf(SIGN.decode()), "a.pdf", ("pdf",)), by=ME, now=now())
    assert caught.value.code == "material_infected" and not Material.objects.exists()
    kept = keep(upload=Upload(pdf("clean"), "a.pdf", ("pdf",)), by=ME, now=now())
    assert kept.scanned_by.startswith("ClamAV")


def test_without_a_scanner_or_its_answer_a_file_is_marked_as_not_scanned(
    settings: Any, tmp_path: Path
) -> None:
    settings.CLAMD = ""
    assert scanning.scan(SIGN) == ""
    settings.CLAMD = f"unix:{tmp_path / 'nobody'}"
    assert scanning.scan(SIGN) == ""


@pytest.mark.parametrize("answer", [b"stream: ", b"INSTREAM size limit exceeded. ERROR\0", b""])
def test_a_scanner_that_says_neither_has_scanned_nothing(
    answer: bytes, clamd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(self: Clamd) -> None:
        self.request.recv(65_536)
        self.wfile.write(answer)

    monkeypatch.setattr(Clamd, "handle", handle)
    assert scanning.scan(b"x" * 100) == ""


def test_a_scanner_may_answer_over_tcp(settings: Any) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        try:
            assert scanning.scan(b"clean").startswith("ClamAV")
            with pytest.raises(RejectedFile):
                scanning.scan(SIGN)
        finally:
            server.shutdown()
            thread.join()
