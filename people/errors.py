"""What an action refuses, in words that a person can act on; entry points answer with a 4xx."""

from typing import Any


class ActionRejected(Exception):
    """An action was not done, and nothing was written.

    ``code`` is stable and for programs; ``zh`` and ``en`` say why and what to do; ``status`` is the
    HTTP status of the answer; ``field`` is the JSON pointer (RFC 6901) of what is wrong, where one
    thing is; ``faults`` lists several, each with ``pointer``, ``zh`` and ``en``; ``members`` is
    what a program needs besides, under names of its own; ``headers`` go with a program's answer.
    """

    def __init__(self, code: str, zh: str, en: str, *, status: int = 409, field: str = "") -> None:
        super().__init__(f"{en} / {zh}")
        self.code, self.zh, self.en, self.status, self.field = code, zh, en, status, field
        self.faults: list[dict[str, str]] = []
        self.members: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
