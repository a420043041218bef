"""A refusal that a person can act on, in Chinese and English; doors turn it into a 4xx."""


class Refused(Exception):
    """A verb would not do what it was asked. ``status`` is the HTTP status for a door."""

    def __init__(self, code: str, zh: str, en: str, *, status: int = 409) -> None:
        super().__init__(f"{en} / {zh}")
        self.code, self.zh, self.en, self.status = code, zh, en, status


def not_found() -> Refused:
    """What is not yours and what is not there get the same answer."""
    return Refused("not_found", "没有找到该证照", "There is no such certificate.", status=404)
