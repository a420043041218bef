"""What an approval gives, what follows from it, who decides, and on which figures."""

from __future__ import annotations

from services.explain import Wording
from services.guide.words import EFFECTS, EVERY, OUTCOMES, REVIEWS, SOURCES, Lines
from services.guide.writer import Writer
from services.pack.city_values import ALWAYS
from services.pack.model import AS_OF, Limit, Parameter
from services.pack.validity import Validity


class DecidingSections(Writer):
    """The sections of a decision and of what follows."""

    def filings(self) -> Lines:
        sheet = self.pack.filings
        if sheet is None:
            return
        for item in sheet.items.values():
            status = [state for since, state in item.status if since <= self.on]
            state = status[-1] if status else self.say("尚未施行", "not yet in force")
            yield f"- {item.number} {self.say(item.zh, item.en)}{self.law(item.law)} `{state}`"
        yield ""
        yield from fenced(sheet.text)

    def results(self) -> Lines:
        for part in self.pack.outcomes.items if self.pack.outcomes else ():
            apart = self.say("可以单独批准", "granted apart")
            yield f"- {self.say(part.zh, part.en)}{self.law(part.law)} {apart}"
        one = self.pack.certificate
        if one is None:
            return
        yield f"- {self.say(one.zh, one.en)} `{one.kind}`"
        yield self.row(("编号", "number"), f"`{one.number}`")
        yield self.row(("有效期", "valid for"), self.valid(one.valid))
        for field in one.fields:
            label = self.say(field.zh + "：", field.en + ": ")
            yield f"  - {label}{self.rule_of(field.value)}"
        for entry in one.enters:
            into = self.say("同时记入", "entered in the registry")
            yield f"- {into}{self.say('：', ': ')}`{entry.registry}`"

    def valid(self, term: str | Validity) -> str:
        if isinstance(term, Validity):
            return f"{self.say(term.zh, term.en)} {self.rule_of(term.by)}"
        return f"`{term}`" if term else self.say("长期", "no end")

    def papers(self) -> Lines:
        for one in self.pack.material_sources:
            named = f" `{one.named}`" if one.named else ""
            yield self.row((one.zh, one.en), self.pair(SOURCES[one.by]) + named)

    def undertakings(self) -> Lines:
        for one in self.pack.commitments.values():
            yield f"- {self.say(one.zh, one.en)}{self.law(one.law)}"
            yield "  " + self.row(("代替", "in place of"), f"`{one.instead_of}`")
            yield "  " + self.row(("事后检查", "inspected"), one.inspected[self.language])
            yield "  " + self.row(("不实的后果", "if untrue"), one.consequence[self.language])
            if one.barred_if:
                yield "  " + self.row(("不适用于", "not for whom"), self.rule_of(one.barred_if))
            if one.doubt:
                yield "  " + self.row(("存疑", "in doubt"), one.doubt)
        for spec in self.pack.materials.values():
            if spec.later:
                term = self.term(Limit(spec.later.days, spec.later.unit, spec.later.law))
                yield self.row(("可以容缺后补", "may come later"), f"`{spec.question}` {term}")

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
            yield self.row(("随之用尽的证照", "certificate used up"), f"`{kind}`")
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
        return f"`{one.kind}` {effect} {self.say(one.zh, one.en)}{self.law(one.law)}"

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
            yield f"- {label} `{one.name}`{self.law(one.law)}"
            yield from self.values(one)
            if one.doubt:
                yield f"  - {self.say('存疑', 'in doubt')}{self.say('：', ': ')}{one.doubt}"

    def values(self, one: Parameter) -> Lines:
        for since, _ in one.values:
            wording = Wording(self.book, {AS_OF: since.isoformat()}, self.language)
            start = self.say(f"{since} 起", f"from {since}")
            if since.isoformat() == ALWAYS:
                start = self.say("本市", "of this city")
            yield f"  - {start}{self.say('：', ': ')}{wording.parameter(one.name)}"

    def tables(self) -> Lines:
        for one in self.pack.tables.values():
            label = one.label[self.language] if one.label else one.name
            yield f"{label} `{one.name}`{self.law(one.law)}"
            yield ""
            yield from fenced(one.text)

    def cases(self) -> Lines:
        for case in self.pack.cases:
            yield f"- {case.name}{self.say('：', ': ')}{self.pair(OUTCOMES[case.expect])}"


def fenced(text: str) -> Lines:
    yield "```"
    yield from text.rstrip().splitlines()
    yield "```"
