"""What a guide calls the parts and values of a pack, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

SHORT = 24  # characters of a figure that is shown within a rule
Lines = Iterator[str]
Pair = tuple[str, str]
# a text in quotes, the field of a record, or a name
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
