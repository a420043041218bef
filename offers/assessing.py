"""What the judge says of one person after another, as if each had tapped."""

import datetime
from typing import Any

from exchange.scans import Person
from services import schema
from services.inputs import gather_inputs
from services.rulebook import Rulebook
from services.scanning import answers_of, is_answered_alike
from services.verdict import Verdict, judge

APPROVE = "approve"


class Assessor:
    """Judges people by one edition as of one day; nothing is written, nobody is asked.

    Where the tap answers the form alike for everybody, the form is looked at once.
    """

    def __init__(self, book: Rulebook, on: datetime.date) -> None:
        self.book, self.on = book, on
        self._alike = self._answers({}) if is_answered_alike(book) else None

    def judge(self, person: Person) -> tuple[Verdict, bool]:
        """Return the verdict, and whether one tap could answer the form."""
        answers, fits = self._alike or self._answers(person.evidence)
        inputs = gather_inputs(self.book, answers, person.evidence, {}, self.on)
        return judge(self.book, inputs), fits

    def is_met(self, person: Person) -> bool:
        """Tell whether one tap would be approved."""
        verdict, fits = self.judge(person)
        return fits and verdict.outcome == APPROVE

    def _answers(self, evidence: Any) -> tuple[dict[str, Any], bool]:
        answers = answers_of(self.book, evidence, self.on)
        try:
            # nobody's number is in an answer of one tap: nothing is encrypted here
            return schema.validate(self.book, answers, protect=str, on=self.on), True
        except schema.Invalid:
            return answers, False
