"""What services and entitlements are called on a page, each asked for once."""

import datetime

from entitlements import rules, words
from people.language import in_language
from services.pack.entitlement import EntitlementSpec
from services.rulebook import Rulebook


class Names:
    """Words of the editions in force on a day, of one page: an edition is looked up once."""

    def __init__(self, day: datetime.date) -> None:
        self.day = day
        self._books: dict[str, Rulebook | None] = {}

    def _book(self, service: str) -> Rulebook | None:
        if service not in self._books:
            self._books[service] = rules.book_on(service, self.day)
        return self._books[service]

    def service(self, code: str) -> str:
        book = self._book(code)
        return in_language(book.pack.name) if book else code

    def spec(self, service: str, kind: str) -> EntitlementSpec | None:
        run = rules.run_of(self._book(service), kind)
        return run.spec if run else None

    def kind(self, service: str, kind: str) -> str:
        spec = self.spec(service, kind)
        return in_language({"zh": spec.zh, "en": spec.en}) if spec else kind

    def per(self, service: str, kind: str) -> str:
        spec = self.spec(service, kind)
        return str(words.PERIODS[spec.period if spec else "month"])
