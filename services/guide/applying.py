"""What a service is, what it asks and reads, and what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.guide.words import APPLICANTS, CHANNELS, HELPERS, KINDS, PERIODS, SILENT, UNMET, Lines
from services.guide.writer import Writer
from services.pack.model import Limit, Registry, Requirement


class ApplyingSections(Writer):
    """The sections before a decision."""

    def service(self) -> Lines:
        pack, clock = self.pack, self.pack.clock
        yield self.row(("事项代码", "code"), f"`{pack.service}`")
        if pack.item_code:
            yield self.row(("实施编码", "item code"), pack.item_code)
        yield self.row(("实施部门", "decided by"), pack.department[self.language])
        yield self.row(("事项类型", "legal kind"), self.pair(KINDS[pack.legal_kind]))
        yield self.row(("服务对象", "for"), self.pair(APPLICANTS[pack.applicant]))
        yield self.row(("设定依据", "legal basis"), pack.law)
        yield self.row(("到现场次数", "visits to a counter"), str(pack.visits))
        yield self.row(("法定时限", "term of the law"), self.term(clock.statutory))
        yield self.row(("承诺时限", "term promised"), self.term(clock.promised))
        longer = Limit(clock.extension, clock.statutory.unit)
        yield self.row(("可延长一次", "may be extended once, by"), self.term(longer))
        correct = Limit(pack.correct_within, "calendar")
        yield self.row(("补正期限", "time to correct"), self.term(correct))
        if pack.fee:
            fee = self.say(pack.fee.zh, pack.fee.en) + self.law(pack.fee.law)
            yield self.row(("收费", "fee"), fee)
            if pack.fee.amount:
                yield self.row(("金额（元）", "amount in yuan"), self.rule_of(pack.fee.amount))
            if pack.fee.pay:
                yield self.row(("缴纳", "paid"), pack.fee.pay[self.language])
        if pack.quota:
            limit = self.say(pack.quota.zh, pack.quota.en) + self.law(pack.quota.law)
            yield self.row(("数量限制", "limited places"), limit)
            yield self.row(("名额", "places"), self.rule_of(pack.quota.places))
            if pack.quota.group:
                yield self.row(("按下列分组", "by group"), self.rule_of(pack.quota.group))
        if pack.channels:
            ways = [self.pair(CHANNELS[one]) for one in pack.channels]
            yield self.row(("办理渠道", "ways in"), self.listed(ways))
        if pack.represented_by:
            helpers = [self.pair(HELPERS[one]) for one in pack.represented_by]
            yield self.row(("可以代办的人", "may be handed in by"), self.listed(helpers))
        if pack.district:
            yield self.row(("所属区", "district"), self.rule_of(pack.district))

    def questions(self, node: Mapping[str, Any], indent: str) -> Lines:
        for name, one in node.get("properties", {}).items():
            must = name in node.get("required", ())
            status = self.say("必填" if must else "选填", "required" if must else "optional")
            if name in self.pack.materials:
                status = self.say("材料", "files")
            label = one.get(f"x-{self.language}") or name
            hint = one.get(f"x-hint-{self.language}", "")
            tail = f"{self.say('。', '. ')}{hint}" if hint else ""
            shown = "" if status in label else self.law(status)
            yield f"{indent}- {label}{shown}{self.law(one.get('x-law', ''))}{tail}"
            inner = one if "properties" in one else one.get("items", {})
            choices = [
                str(o[f"x-{self.language}"]) for o in inner.get("oneOf", one.get("oneOf", ()))
            ]
            if choices:
                yield f"{indent}  - {self.say('可选：', 'one of: ')}{self.listed(choices)}"
            yield from self.questions(inner, f"{indent}  ")

    def registries(self) -> Lines:
        for name, one in self.pack.registries.items():
            facts = [f for f in self.pack.facts.values() if f.source == name]
            yield f"- {self.say(one.zh, one.en)}{self.law(one.basis)}"
            yield f"  - {self.say('查询谁', 'about')}{self.say('：', ': ')}{self.subject(one)}"
            if one.when:
                rule = self.rule_of(one.when)
                yield f"  - {self.say('何时查询', 'when')}{self.say('：', ': ')}{rule}"
            purpose = one.purpose[self.language]
            yield f"  - {self.say('目的', 'purpose')}{self.say('：', ': ')}{purpose}"
            read = self.listed([self.say(fact.zh, fact.en) for fact in facts])
            yield f"  - {self.say('读取', 'read')}{self.say('：', ': ')}{read}"

    def subject(self, one: Registry) -> str:
        if not one.subject:
            return self.say("申请人", "the applicant")
        if one.naming:
            named = self.names[one.naming]
            return self.say(f"“{named}”所指的人或物", f"whom or what “{named}” names")
        question = self.book.form.get("properties", {}).get(one.subject, {})
        label = question.get(f"x-{self.language}") or one.subject
        if one.item:
            return self.say(f"“{label}”所列的每个人", f"everyone listed under “{label}”")
        return self.say(f"“{label}”所填的", f"what is given under “{label}”")

    def requirements(self) -> Lines:
        for number, one in enumerate(self.pack.requirements, 1):
            yield f"{number}. {self.wording.filled(one)}{self.law(one.law)}"
            yield from self.rule(one)

    def rule(self, one: Requirement) -> Lines:
        colon = self.say("：", ": ")
        if one.applies:
            yield f"   - {self.say('适用于', 'where')}{colon}{self.rule_of(one.applies)}"
        yield f"   - {self.say('须满足', 'must hold')}{colon}{self.rule_of(one.must)}"
        unmet = self.pair(UNMET[one.unmet])
        unknown = self.pair(UNMET["refer"])
        yield f"   - {self.say('不符合时', 'when it does not')}{colon}{unmet}"
        yield f"   - {self.say('无法核实时', 'when it cannot be verified')}{colon}{unknown}"
        if one.when_unanswered:
            silent = self.pair(SILENT[one.when_unanswered])
            label = self.say("所查的登记无应答时", "while a registry does not answer")
            yield f"   - {label}{colon}{silent}"
        if one.undisclosed:
            learns = self.say(
                "只告知不符合，不告知所查的记录", "told that it failed, not what was read"
            )
            yield f"   - {self.say('申请人', 'the applicant')}{colon}{learns}"
        for words in one.bring:
            bring = self.say("到窗口请带", "bring to a counter")
            yield f"   - {bring}{colon}{words[self.language]}"

    def consents(self) -> Lines:
        for one in self.pack.consents:
            term = self.term(Limit(one.days, "working"))
            yield f"- {self.say(one.zh, one.en)}{self.law(one.law)}"
            yield f"  - {self.say('何时', 'when')}{self.say('：', ': ')}{self.rule_of(one.applies)}"
            yield f"  - {self.say('答复期限', 'to be answered in')}{self.say('：', ': ')}{term}"
        if self.pack.cosigners:
            signers = self.rule_of(self.pack.cosigners)
            yield self.say(
                f"- 须由以下的人各自登录确认：{signers}",
                f"- Each of these confirms from their own log-in: {signers}",
            )

    def guards(self) -> Lines:
        for one in self.pack.guards:
            periods = self.listed([self.pair(PERIODS[period]) for period in one.periods])
            key = self.listed([self.rule_of(part) for part in one.key])
            yield f"- {self.say(one.zh, one.en)}{self.law(one.law)}"
            yield f"  - {periods}{self.say('：', ': ')}{key}"
