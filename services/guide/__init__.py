"""A pack as a guide page (办事指南) that a lawyer can check against the law, in Markdown. Pure.

Everything that an edition says is in it, its rules as sentences beside the words that citizens
read: a lawyer compares the two. A rule that no sentence says (``values.TooDeep``) stands there as
it is written. ``docs/packs.md`` names the command that prints it.
"""

from __future__ import annotations

import datetime

from city.model import City
from services.guide.applying import ApplyingSections
from services.guide.deciding import DecidingSections
from services.guide.words import Lines, Pair
from services.rulebook import Rulebook


def guide(book: Rulebook, on: datetime.date, language: str, city: City | None = None) -> str:
    """The guide of an edition as it is on a day; ``language``: ``zh…`` or ``en…``.

    ``city``: whose registries the edition reads, for the words of their codes.
    """
    return "\n".join(_Guide(book, on, language, city).lines()) + "\n"


class _Guide(ApplyingSections, DecidingSections):
    def lines(self) -> Lines:
        pack = self.pack
        yield self.say(f"# {pack.name['zh']}办事指南", f"# {pack.name['en']}: guide")
        yield ""
        yield pack.summary[self.language]
        yield ""
        since = self.say(
            f"自 {pack.in_force_from} 起施行；以下为 {self.on} 的内容。",
            f"In force from {pack.in_force_from}; what follows is as of {self.on}.",
        )
        yield since
        sections: list[tuple[Pair, Lines]] = [
            (("基本信息", "The service"), self.service()),
            (("申请时填写", "What is to be filled in"), self.questions(self.book.form, "")),
            (("系统查询的信息", "What is read, about whom and why"), self.registries()),
            (("批准的条件", "The conditions"), self.requirements()),
            (("其他部门的意见", "What other agencies agree to"), self.consents()),
            (("只能有一个", "What may exist once only"), self.guards()),
            (("一并备案", "Filings"), self.filings()),
            (("不必提交的材料", "Papers that need not be brought"), self.papers()),
            (("承诺与容缺", "Commitments and what may come later"), self.undertakings()),
            (("暂准与核实", "Granted provisionally, and confirmed"), self.provisional()),
            (("批准的结果", "What an approval gives"), self.results()),
            (("待遇", "What is paid by period"), self.entitlements()),
            (("批准之后", "After an approval"), self.afterwards()),
            (("谁作决定", "Who decides"), self.deciders()),
            (("数值及其依据", "Figures and where they are from"), self.parameters()),
            (("决策表", "Decision tables"), self.tables()),
            (("已验证的情形", "Cases that were tested"), self.cases()),
        ]
        number = 0
        for title, body in sections:
            written = list(body)
            if not written:
                continue
            number += 1
            yield ""
            yield f"## {self.numeral(number)}{self.pair(title)}"
            yield ""
            yield from written
