"""What an approval gives, what follows from it, who decides, and on which figures."""

from __future__ import annotations

import dmn
from dmn import Node, Table
from dmn.feel import tree
from dmn.tables.model import Rule
from services.explain import Wording, span
from services.functions import FUNCTIONS
from services.guide.values import TooDeep
from services.guide.words import (
    ALL,
    ANY,
    EFFECTS,
    EVERY,
    LEVELS,
    OUTCOMES,
    POLICIES,
    REVIEWS,
    SOURCES,
    STATUSES,
    Lines,
)
from services.guide.writer import Writer
from services.pack.city_values import ALWAYS
from services.pack.model import AS_OF, FilingSheet, Limit, Parameter
from services.pack.supply import MaterialSource
from services.pack.validity import Validity


class DecidingSections(Writer):
    """The sections of a decision and of what follows."""

    def filings(self) -> Lines:
        sheet = self.pack.filings
        if sheet is None:
            return
        try:
            rules = self.rows_of(sheet)
        except TooDeep:
            rules = {}
        for id_, item in sheet.items.items():
            status = ["before", *(state for since, state in item.status if since <= self.on)]
            state = self.law(self.pair(STATUSES[status[-1]]))
            yield f"- {item.number} {self.say(item.zh, item.en)}{self.law(item.law)}{state}"
            if id_ in rules:
                level, when = rules[id_]
                yield f"  - {level}{self.say('：', ': ')}{when or self.pair(ALL)}"
        if not rules:
            yield from ("", *fenced(sheet.text))

    def rows_of(self, sheet: FilingSheet) -> dict[str, tuple[str, str]]:
        """By filing: whether it has to be, and when."""
        table = self.table(sheet.text)
        columns = tuple(column.expression for column in table.inputs)
        found = {}
        for rule in table.rules:
            (output,) = rule.outputs
            level = str(output.value) if isinstance(output, tree.Literal) else ""
            found[rule.label] = self.pair(LEVELS[level]), self.row_of(columns, rule)
        return found

    def table(self, text: str) -> Table:
        names = self.book.program.names
        return dmn.read_table(text, names=names, dialect="total", functions=FUNCTIONS)

    def row_of(self, columns: tuple[Node, ...], rule: Rule) -> str:
        return self.sentences.row(columns, rule.tests)

    def results(self) -> Lines:
        for part in self.pack.outcomes.items if self.pack.outcomes else ():
            apart = self.say("可以单独批准", "granted apart")
            yield f"- {self.say(part.zh, part.en)}{self.law(part.law)} {apart}"
        one = self.pack.certificate
        if one is None:
            return
        yield f"- {self.say(one.zh, one.en)}"
        yield self.row(("编号", "number"), self.numbered(one.number))
        yield self.row(("有效期", "valid for"), self.valid(one.valid))
        for field in one.fields:
            label = self.say(field.zh + "：", field.en + ": ")
            yield f"  - {label}{self.rule_of(field.value)}"
        for registry in dict.fromkeys(entry.registry for entry in one.enters):
            into = self.say("同时记入", "entered in the registry")
            yield f"- {into}{self.say('：', ': ')}{self.words.registry(registry)}"

    def valid(self, term: str | Validity) -> str:
        if isinstance(term, Validity):
            return f"{self.say(term.zh, term.en)} {self.rule_of(term.by)}"
        if not term:
            return self.say("长期", "no end")
        lasts = span(term, self.language)
        return self.say(f"自签发之日起 {lasts}", f"{lasts} from the day of issue")

    def papers(self) -> Lines:
        for one in self.pack.material_sources:
            yield self.row((one.zh, one.en), self.pair(SOURCES[one.by]) + self.law(self.named(one)))

    def named(self, one: MaterialSource) -> str:
        """What stands in place of a paper: a registry, a commitment or a question of the form."""
        commitment = self.pack.commitments.get(one.named)
        if commitment is not None:
            return self.say(commitment.zh, commitment.en)
        if one.named in self.pack.registries:
            return self.words.registry(one.named)
        return self.words.question(one.named) if one.named else ""

    def undertakings(self) -> Lines:
        for one in self.pack.commitments.values():
            yield f"- {self.say(one.zh, one.en)}{self.law(one.law)}"
            yield "  " + self.row(("代替", "in place of"), self.words.question(one.instead_of))
            yield "  " + self.row(("事后检查", "inspected"), one.inspected[self.language])
            yield "  " + self.row(("不实的后果", "if untrue"), one.consequence[self.language])
            if one.barred_if:
                yield "  " + self.row(("不适用于", "not for whom"), self.rule_of(one.barred_if))
            if one.doubt:
                yield "  " + self.row(("存疑", "in doubt"), one.doubt)
        for spec in self.pack.materials.values():
            if spec.later:
                term = self.term(Limit(spec.later.days, spec.later.unit, spec.later.law))
                asked = self.words.question(spec.question)
                yield self.row(("可以容缺后补", "may come later"), f"{asked} {term}")

    def provisional(self) -> Lines:
        """What follows where the answer of a registry that was silent contradicts an approval."""
        if (recall := self.pack.provisional) is not None:
            said = self.say(recall.zh, recall.en) + self.law(recall.law)
            yield self.row(("核实不符的后果", "if it is contradicted"), said)
            if recall.doubt:
                yield self.row(("存疑", "in doubt"), recall.doubt)

    def entitlements(self) -> Lines:
        for one in self.pack.entitlements:
            yield f"- {self.say(one.zh, one.en)}{self.law(one.law)}"
            yield "  " + self.row(("周期", "paid each"), self.pair(EVERY[one.period]))
            yield "  " + self.row(("金额", "amount"), self.rule_of(one.amount))
            if one.begins:
                yield "  " + self.row(("起付", "begins"), self.rule_of(one.begins))
            for change in one.changes:
                effect = self.pair(EFFECTS[change.effect])
                words = self.say(change.zh, change.en) + self.law(change.law)
                yield f"  - {effect}{self.say('：', ': ')}{words} {self.rule_of(change.when)}"

    def afterwards(self) -> Lines:
        pack, look = self.pack, self.pack.inspection
        if look:
            term = self.term(Limit(look.days, look.unit, look.law))
            share = self.say(f"抽取 {look.share}%", f"{look.share} of a hundred drawn")
            yield self.row(("检查", "inspected"), f"{self.say(look.zh, look.en)} {term} {share}")
        if pack.endorsement:
            one = pack.endorsement
            words = f"{self.say(one.zh, one.en)} {self.rule_of(one.lasts)}{self.law(one.law)}"
            yield self.row(("签注", "endorsed"), words)
        if pack.changes:
            yield self.row(("变更或终止的证照", "certificate changed or ended"), self.changed())
        for kind in pack.consumes:
            yield self.row(("随之用尽的证照", "certificate used up"), self.words.certificate(kind))
        if pack.proactive:
            one_ = pack.proactive
            words = f"{one_.purpose[self.language]}{self.law(one_.basis)}"
            yield self.row(("免申即享", "offered unasked"), words)
            if one_.where:
                yield "  " + self.row(("查找范围", "looked for among"), self.rule_of(one_.where))

    def changed(self) -> str:
        one = self.pack.changes
        if one is None:
            return ""
        effects = {"replace": ("变更", "replaced"), "end": ("终止", "ended")}
        effect = self.pair(effects[one.effect])
        kind = self.words.certificate(one.kind)
        return f"{kind} {effect} {self.say(one.zh, one.en)}{self.law(one.law)}"

    def deciders(self) -> Lines:
        yield self.say(
            "- 全部条件符合的，由系统批准；有一项无法核实的，由工作人员决定。",
            "- Where every condition is met the machine approves; where one cannot be verified an"
            " officer decides.",
        )
        yield self.say(
            "- 系统从不作出不予批准的决定；不予批准由工作人员具名作出，写明理由和救济途径。",
            "- The machine never refuses: only a named officer does, with reasons and remedies.",
        )
        if self.pack.legal_review:
            kinds = [self.pair(REVIEWS[one]) for one in sorted(self.pack.legal_review)]
            yield self.say(
                f"- 作出前须经法制审核：{self.listed(kinds)}。",
                f"- A legal officer reviews beforehand: {self.listed(kinds)}.",
            )

    def parameters(self) -> Lines:
        for one in self.pack.parameters.values():
            label = one.label[self.language] if one.label else one.name
            yield f"- {label}{self.law(one.law)}"
            yield from self.values(one)
            if one.doubt:
                yield f"  - {self.say('存疑', 'in doubt')}{self.say('：', ': ')}{one.doubt}"

    def values(self, one: Parameter) -> Lines:
        for since, _ in one.values:
            wording = Wording(self.book, {AS_OF: since.isoformat()}, self.language)
            wording.terms = self.terms
            start = self.say(f"{since} 起", f"from {since}")
            if since.isoformat() == ALWAYS:
                start = self.say("本市", "of this city")
            yield f"  - {start}{self.say('：', ': ')}{wording.parameter(one.name)}"

    def tables(self) -> Lines:
        for one in self.pack.tables.values():
            table = self.table(one.text)
            label = one.label[self.language] if one.label else one.name
            policy = self.law(self.pair(POLICIES[table.policy + table.aggregator]))
            yield f"- {label}{policy}{self.law(one.law)}"
            try:
                yield from list(self.rules(table))
            except TooDeep:
                yield from ("", *fenced(one.text), "")

    def rules(self, table: Table) -> Lines:
        columns = tuple(column.expression for column in table.inputs)
        for number, rule in enumerate(table.rules, 1):
            when = self.row_of(columns, rule) or self.pair(ANY)
            given = self.listed([self.sentences.result(node) for node in rule.outputs])
            yield f"  {number}. {when}{self.say('：', ': ')}{given}"

    def cases(self) -> Lines:
        for case in self.pack.cases:
            yield f"- {case.name}{self.say('：', ': ')}{self.pair(OUTCOMES[case.expect])}"


def fenced(text: str) -> Lines:
    """A table that no sentences say, as it is written."""
    yield "```"
    yield from text.rstrip().splitlines()
    yield "```"
