"""`manage.py metrics`: the page that Prometheus reads, as a process of its own."""

import argparse
import signal
import threading

from django.core.management.base import BaseCommand, CommandError
from prometheus_client import start_http_server

from operations import metrics


class Command(BaseCommand):
    help = "Serve metrics to Prometheus at http://HOST:PORT/metrics, until stopped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="nobody else is asked who they are")
        parser.add_argument("--port", type=int, default=9464, help="0: any that is free")

    def handle(self, *arguments: object, **options: object) -> None:
        ends = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ends.set())
        host, port = str(options["host"]), int(str(options["port"]))
        try:
            server, _thread = start_http_server(port, host, metrics.registry())
        except (OSError, OverflowError, UnicodeError) as error:
            raise CommandError(f"no page at {host}:{port}: {type(error).__name__}") from error
        self.stdout.write(f"http://{host}:{server.server_address[1]}/metrics")
        self.stdout.flush()
        ends.wait()
        server.shutdown()
