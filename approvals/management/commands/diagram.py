"""``manage.py diagram``: the state diagrams of the docs, drawn from the tables in code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from approvals import states as application
from approvals.states import State
from certificates import states as certificate

HEAD = """# States

Drawn from `approvals/states.py` and `certificates/states.py` by `manage.py diagram`; the same
tables make django-fsm's transitions and PostgreSQL's guards.
"""


def mermaid(
    title: str, edges: dict[str, Any], initial: tuple[str, ...], ends: frozenset[Any]
) -> str:
    lines = [f"## {title}", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in initial]
    for name, (sources, target) in edges.items():
        lines += [
            f"    {source.value} --> {target.value}: {name.rstrip('_')}"
            for source in sources
            if source is not State.DRAFT  # none is ever stored
        ]
    lines += [f"    {state.value} --> [*]" for state in sorted(ends)]
    return "\n".join([*lines, "```"])


def document() -> str:
    """Return the whole page."""
    pens = ["## Who holds the pen", "", "| state | pen | statutory clock |", "|---|---|---|"]
    for state in application.REACHABLE:
        clock = "runs" if state in application.RUNNING else "–"
        clock = "stands still" if state in application.PAUSED else clock
        clock = "stands still until accepted, then runs" if state is State.RETURNED else clock
        pens.append(f"| {state.value} | {application.PEN[state] or 'nobody: settled'} | {clock} |")
    over = {target for _, target in certificate.EDGES.values()} - {
        source for sources, _ in certificate.EDGES.values() for source in sources
    }
    return (
        "\n\n".join(
            [
                HEAD.rstrip(),
                mermaid("Application", application.EDGES, (State.SUBMITTED,), application.SETTLED),
                "\n".join(pens),
                mermaid("Certificate", certificate.EDGES, ("valid",), frozenset(over)),
            ]
        )
        + "\n"
    )


class Command(BaseCommand):
    help = "Write docs/states.md, or with --check say whether it is in step with the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "states.md"
        if not options["check"]:
            page.write_text(document(), encoding="utf-8")
        elif page.read_text(encoding="utf-8") != document():
            raise CommandError("docs/states.md is not what the code says: run manage.py diagram")
