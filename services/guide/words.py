"""What a guide calls the parts and values of a pack, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

SHORT = 24  # characters of a figure that is shown within a rule
Lines = Iterator[str]
Pair = tuple[str, str]
# in a rule that has no sentence: a text in quotes, the field of a record, or a name
NAMES = re.compile(r'"[^"]*"|\.\s*[A-Za-z_]\w*|[A-Za-z_]\w*')
NUMERALS = "一二三四五六七八九十"

KINDS: Mapping[str, Pair] = {
    "licence": ("行政许可", "licence"),
    "confirmation": ("行政确认", "administrative confirmation"),
    "benefit": ("行政给付", "benefit"),
    "filing": ("备案", "filing"),
}
APPLICANTS: Mapping[str, Pair] = {
    "person": ("自然人", "persons"),
    "enterprise": ("企业等市场主体", "enterprises"),
}
UNITS: Mapping[str, Pair] = {
    "working": ("个工作日", "working days"),
    "calendar": ("日（自然日）", "days (calendar)"),
}
UNMET: Mapping[str, Pair] = {
    "return": ("一次性告知申请人补正", "the applicant is asked, once, to correct it"),
    "refer": ("转工作人员决定", "an officer decides"),
}
OUTCOMES: Mapping[str, Pair] = {
    "approve": ("系统批准", "approved by the machine"),
    "return": ("请申请人补正", "returned for correction"),
    "refer": ("转工作人员", "handed to an officer"),
    "wait": ("等待其他部门或签署人", "waits for an agency or a signer"),
    "not_approve": ("不由系统批准", "not approved by the machine"),
}
HELPERS: Mapping[str, Pair] = {
    "guardian": ("监护人", "a guardian"),
    "agent": ("本人在线委托的受托人", "an agent with a mandate"),
}
REVIEWS: Mapping[str, Pair] = {
    "refuse": ("不予批准", "a refusal"),
    "override": ("与判定相反的批准", "an approval against the verdict"),
}
PERIODS: Mapping[str, Pair] = {
    "open": ("在办期间", "while an application is in hand"),
    "live": ("证照有效期间", "while a certificate is valid"),
}


CHANNELS: Mapping[str, Pair] = {
    "online": ("网上", "online"),
    "counter": ("窗口", "at a counter"),
    "post": ("邮寄", "by post"),
    "api": ("其他系统代为提交", "through another system"),
}
SOURCES: Mapping[str, Pair] = {
    "sharing": ("免提交，由数据共享取得", "not handed in: shared by a registry"),
    "verification": ("填报后与登记信息核验", "filled in, and compared with a registry"),
    "commitment": ("可以承诺代替", "a commitment may replace it"),
    "later": ("可以容缺后补", "may come later"),
    "handed_in": ("须提交", "handed in"),
}
SILENT: Mapping[str, Pair] = {  # of a condition, while a registry does not answer
    "refer": (
        "以前的查询结果不作数，由工作人员核实",
        "no earlier answer serves; an officer verifies",
    ),
    "provisional": ("先予暂准，待答复后核实", "granted provisionally, and confirmed by its answer"),
}
EVERY: Mapping[str, Pair] = {
    "month": ("每月", "month"),
    "quarter": ("每季度", "quarter"),
    "year": ("每年", "year"),
}
EFFECTS: Mapping[str, Pair] = {
    "end": ("终止", "ends"),
    "suspend": ("暂停", "is suspended"),
    "hold": ("暂缓发放，由工作人员核实", "is held for an officer"),
}
# parts of records that neither the form nor the city's registry names
PARTS: Mapping[str, Pair] = {
    "subject": ("本人", "person"),
    "name": ("姓名", "name"),
    "number": ("号码", "number"),
}
# of a certificate that somebody holds: certificates.states
CERTIFICATE_STATES: Mapping[str, Pair] = {
    "valid": ("有效", "valid"),
    "suspended": ("暂停", "suspended"),
    "expired": ("到期", "expired"),
    "revoked": ("撤销", "revoked"),
    "superseded": ("已换发", "superseded"),
    "cancelled": ("注销", "cancelled"),
}
# of an item of the catalogue of filings
STATUSES: Mapping[str, Pair] = {
    "before": ("尚未施行", "not yet in force"),
    "in_force": ("施行", "in force"),
    "merged": ("已合并到其他备案", "merged into another filing"),
    "repealed": ("已取消", "repealed"),
}
# how a certificate is numbered (certificates.numbering.printed); the number is its argument
NUMBERING: Mapping[str, Pair] = {
    "held": ("沿用原证照的编号", "the number of the certificate before it"),
    "serial": ("“{0}”、年份和顺序号", "“{0}”, the year and a running number"),
    "region": (
        "“{0}”、行政区划代码和顺序号",
        "“{0}”, the code of the district and a running number",
    ),
    "uscc": (
        "统一社会信用代码（以 {0} 开头）",
        "a unified social credit code that begins with {0}",
    ),
}
# what expressions of certificates and entitlements name beside the case's facts
OTHER_NAMES: Mapping[str, Pair] = {
    "certificate_number": ("证照编号", "number of the certificate"),
    "issued_on": ("签发日期", "day of issue"),
    "certificate_holder": ("持证人姓名", "name of the holder"),
    "holder": ("持证人", "holder"),
    "changed_number": ("原证照编号", "number of the certificate changed"),
    "confirmed_on": ("上次确认情况无变化之日", "day of the last confirmation"),
}
# how many rows of a decision table give its result (DMN 1.5, clause 8.2)
POLICIES: Mapping[str, Pair] = {
    "U": ("只有一行适用", "exactly one row applies"),
    "A": ("适用的各行结果相同", "all rows that apply agree"),
    "P": ("取适用的行中位次最高的结果", "the highest result of the rows that apply"),
    "F": ("自上而下，取第一个适用的行", "from the top, the first row that applies"),
    "R": ("取适用的各行，依表中顺序", "all rows that apply, in their order"),
    "O": ("取适用的各行，依结果位次", "all rows that apply, by rank of their results"),
    "C": ("取适用的各行", "all rows that apply"),
    "C+": ("适用的各行相加", "the sum of the rows that apply"),
    "C<": ("适用的各行中最小的", "the least of the rows that apply"),
    "C>": ("适用的各行中最大的", "the greatest of the rows that apply"),
    "C#": ("适用的行数", "the number of rows that apply"),
}
ANY: Pair = ("其他任何情形", "in any other case")
# of a filing, where its row applies: services.pack.filings.LEVELS
LEVELS: Mapping[str, Pair] = {
    "mandatory": ("须一并备案", "filed together with it"),
    "optional": ("可以选择一并备案", "filed together with it on request"),
}
ALL: Pair = ("所有申请", "every application")
