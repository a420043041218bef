"""What each role sees and does: one table, of which docs/roles.md and the tests are made.

Pages are addresses of the desk with ``{case}``, ``{certificate}`` and the like for a row's key.
A row of a list opens for whoever sees the list, unless it has a line of its own. ``within``: where
the sight of whoever handles cases ends at office and region.
What PostgreSQL refuses by itself stands in the guards of each app; this is what is offered.
"""

from dataclasses import dataclass

from people.models import User

Role = User.Role
OFFICERS = tuple(role for role in Role if role is not Role.CITIZEN)
HANDLERS = frozenset({Role.CLERK, Role.SUPERVISOR, Role.HEAD})  # see the cases of their office
CERTIFICATES = HANDLERS | {Role.AUDITOR}
CASES = CERTIFICATES | {Role.LEGAL}  # a legal officer those referred to legal review
OPERATION = frozenset({Role.OPERATOR, Role.AUDITOR})
RULES = frozenset({Role.POLICY, Role.TECHNICAL, Role.AUDITOR})
TRIALS = RULES | {Role.LEGAL}  # of drafts, in numbers
TRIAL_CASES = TRIALS - {Role.TECHNICAL}  # and the cases that they would change, masked
PROPOSALS = RULES | {Role.LEGAL, Role.HEAD}  # proposed editions
ACCOUNTS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
PLACES = frozenset({Role.ADMINISTRATOR, Role.OPERATOR, Role.POLICY, Role.AUDITOR})
AUDIT = frozenset({Role.AUDITOR})
REVIEWERS = frozenset({Role.CLERK, Role.AUDITOR})  # a clerk those drawn for them
FINDERS = frozenset({Role.CLERK, Role.SUPERVISOR, Role.POLICY, Role.AUDITOR})
BAD_RATINGS = frozenset({Role.SUPERVISOR, Role.HEAD, Role.AUDITOR})  # see bad ratings
SCANS = frozenset({Role.POLICY, Role.TECHNICAL, Role.HEAD, Role.AUDITOR})  # of the whole city
INSPECTIONS = HANDLERS | {Role.AUDITOR}  # see what is inspected after an approval
SUSPENDERS = frozenset({Role.OPERATOR, Role.POLICY, Role.HEAD})  # of automatic approval
RELEASERS = frozenset({Role.POLICY, Role.HEAD})  # confirm that it goes on, as another has proposed
SWITCHES = SUSPENDERS | {Role.SUPERVISOR, Role.TECHNICAL, Role.AUDITOR}  # see what is suspended
REGRESSIONS = frozenset({Role.LEGAL, Role.POLICY, Role.AUDITOR})  # overturned cases, masked
RATES = frozenset({Role.SUPERVISOR, Role.POLICY, Role.AUDITOR})
MASKED = frozenset({Role.AUDITOR})  # names and numbers, until a reason is given for a page


def reads_masked(role: str) -> bool:
    """Whether somebody of the role sees names and numbers of applicants masked.

    Whoever handles a case, or answers for who does, knows whom it is about. An ID number is masked
    for everybody.
    """
    return role in MASKED


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk and who may open it."""

    address: str
    zh: str
    en: str
    roles: frozenset[User.Role]
    within: bool = False  # of one's own office and region; an auditor's sight has no end
    posted: bool = False  # a form of another page is sent to it; it shows nothing by itself


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done at the desk. ``form``: the fields that its page posts to ``address``.

    ``second``: another person of the role has to confirm it.
    """

    address: str
    name: str
    zh: str
    en: str
    roles: frozenset[User.Role]
    second: bool = False


DESK = "/desk/"
CASE = "/desk/approvals/application/{case}/"
CERTIFICATE = "/desk/certificates/certificate/{certificate}/"
QUEUE = "/desk/approvals/application/"
INTAKE = "/desk/approvals/intake/"
APPOINTMENT = "/desk/counter/appointment/{appointment}/"
FILING = "/desk/certificates/filing/{filing}/"
REVIEW = "/desk/approvals/samplereview/{review}/"
CHANGE = "/desk/people/officerchange/{change}/"
INSPECTION = "/desk/approvals/inspection/{inspection}/"
FINDING = "/desk/approvals/samplefinding/{finding}/"
ENTITLEMENT = "/desk/entitlements/entitlement/{entitlement}/"
PAYMENTS = "/desk/entitlements/paymentlist/{payments}/"
ATTEMPT = "/desk/axes/accessattempt/{attempt}/"
DRAFT = "/desk/services/draft/{draft}/"
REGRESSION = "/desk/services/regression/{regression}/"
RATING = "/desk/affairs/rating/{rating}/"
EDITION = "/desk/services/edition/{edition}/"
TRIAL = "/desk/services/trial/{trial}/"
PROPOSAL = "/desk/services/proposal/{proposal}/"
CLERKS, SUPERVISORS = frozenset({Role.CLERK}), frozenset({Role.SUPERVISOR})
HEADS, LEGALS = frozenset({Role.HEAD}), frozenset({Role.LEGAL})
OPERATORS, POLICIES = frozenset({Role.OPERATOR}), frozenset({Role.POLICY})
OVERSEERS = frozenset({Role.SUPERVISOR, Role.HEAD})
ENTITLEMENT_NUMBERS = OVERSEERS | AUDIT  # persons, sums and ends of an office in numbers
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
REVIEWING = frozenset({Role.LEGAL, Role.TECHNICAL})  # each one of two reviews
FILE, TAKEN = CASE + "materials/{file}/", INTAKE + "materials/{file}/"
UNMASKED = CASES - AUDIT

PAGES = (
    Page(DESK, "工作台首页", "the desk", frozenset(OFFICERS)),
    Page("/desk/password_change/", "修改密码", "one's own password", frozenset(OFFICERS)),
    Page("/desk/passkeys/", "通行密钥", "one's own passkeys", frozenset(OFFICERS)),
    Page("/desk/signing-key/", "签名密钥", "one's own signing key", REVIEWING),
    Page("/desk/approvals/application/", "办件列表", "list of cases", CASES),
    Page("/desk/approvals/application/away/", "离岗登记", "who is away", CLERKS | SUPERVISORS),
    Page("/desk/approvals/application/numbers/", "部门数据", "numbers of the office", OVERSEERS),
    Page(CASE + "change/", "办件", "a case", CASES, within=True),
    Page("/desk/certificates/certificate/", "证照列表", "list of certificates", CERTIFICATES),
    Page(CERTIFICATE + "change/", "证照", "a certificate", CERTIFICATES, within=True),
    Page("/desk/certificates/filing/", "备案列表", "list of filings", CERTIFICATES),
    Page(INTAKE, "窗口收件", "taken at a counter", CERTIFICATES),
    Page(INTAKE + "add/", "窗口收件登记", "take an application", CLERKS),
    Page(INTAKE + "correct/", "窗口补正登记", "correct a returned application", CLERKS),
    Page("/desk/counter/appointment/", "窗口预约", "appointments at a counter", CERTIFICATES),
    Page("/desk/approvals/samplereview/", "双随机抽查列表", "list of re-reviews", REVIEWERS),
    Page("/desk/approvals/inspection/", "事后核查列表", "list of inspections", INSPECTIONS),
    Page("/desk/approvals/samplefinding/", "抽查发现", "findings of re-reviews", FINDERS),
    Page("/desk/approvals/sampledraw/", "抽查误批率", "rates of false approvals", RATES),
    Page("/desk/affairs/rating/", "差评整改", "bad ratings", BAD_RATINGS),
    Page(RATING + "change/", "一条差评", "a bad rating", BAD_RATINGS, within=True),
    Page("/desk/offers/scan/", "全城筛查", "scans of the city", SCANS),
    Page(
        "/desk/services/suspension/do/",
        "暂停、恢复自动审批",
        "suspend and release automation",
        SUSPENDERS,
        posted=True,
    ),
    Page(
        "/desk/services/shadow/do/",
        "启动、结束影子运行",
        "start and end shadows",
        POLICIES,
        posted=True,
    ),
    Page("/desk/offers/scan/order/", "启动筛查", "order a scan", POLICIES, posted=True),
    Page("/desk/services/service/", "事项", "services", RULES),
    Page("/desk/services/edition/", "事项版本", "editions", RULES),
    Page("/desk/services/proposal/", "待审版本列表", "list of proposed editions", PROPOSALS),
    Page(PROPOSAL + "change/", "待审版本", "a proposed edition", PROPOSALS),
    Page(PROPOSAL + "do/", "办理待审版本", "act on a proposed edition", PROPOSALS, posted=True),
    Page("/desk/services/edition/playground/", "规则试算", "playground", RULES),
    Page("/desk/services/suspension/", "自动审批暂停", "suspensions", SWITCHES),
    Page("/desk/services/shadow/", "影子运行", "shadows", RULES),
    Page("/desk/services/draft/", "规则草稿", "drafts of rules", RULES),
    Page("/desk/services/draft/begin/", "新建规则草稿", "begin a draft", POLICIES),
    Page(DRAFT + "change/", "规则草稿概览", "a draft", RULES),
    Page(DRAFT + "edit/{section}/", "修改规则草稿", "the form of a part of a draft", RULES),
    Page(DRAFT + "pack.yaml", "规则草稿文本", "the text of a draft", RULES),
    Page(DRAFT + "live/{section}/", "草稿即时检查", "checks as one types", RULES, posted=True),
    Page(DRAFT + "complete/", "草稿输入提示", "what may be written next", RULES, posted=True),
    Page(DRAFT + "do/", "处理规则草稿", "restore, take over, drop, send", POLICIES, posted=True),
    Page("/desk/services/edition/files/", "事项包文件", "packs as files", RULES),
    Page("/desk/services/edition/{edition}/file.xlsx", "版本的文件", "an edition as a file", RULES),
    Page(
        "/desk/services/edition/drafts/{draft}/file.yaml", "草稿的文件", "a draft as a file", RULES
    ),
    Page(EDITION + "difference/{other}/", "版本差异", "difference of two editions", RULES),
    Page(EDITION + "rollback/", "恢复旧版本", "roll back to an edition", POLICIES),
    Page(EDITION + "clauses/", "法条与规则", "law and rule", RULES),
    Page(EDITION + "picture/", "规则图", "rules drawn", RULES),
    Page("/desk/services/clausetask/", "修订条款", "amended clauses", RULES),
    Page("/desk/services/trial/", "版本试算列表", "trials of drafts", TRIALS),
    Page("/desk/services/trial/order/", "启动版本试算", "order a trial", POLICIES),
    Page(TRIAL + "change/", "一次试算", "a trial", TRIALS),
    Page(TRIAL + "progress/", "试算进度", "how far a trial is", TRIALS),
    Page(TRIAL + "cases/1/", "试算中的一件（遮蔽）", "a case of a trial, masked", TRIAL_CASES),
    Page("/desk/services/regression/", "回归案例", "regression cases", REGRESSIONS),
    Page("/desk/people/office/", "部门", "offices", PLACES),
    Page("/desk/people/region/", "区划", "regions", PLACES),
    Page("/desk/people/user/", "人员列表", "list of people", ACCOUNTS),
    Page("/desk/people/user/{user}/change/", "人员", "a person", ACCOUNTS),
    Page("/desk/people/officerchange/", "人员变更", "changes of officers", ACCOUNTS),
    Page("/desk/people/officerchange/add/", "提出人员变更", "propose a change", ADMINISTRATORS),
    Page("/desk/people/reading/", "阅览留痕", "traces of reading", AUDIT),
    Page("/desk/entitlements/entitlement/", "待遇列表", "list of entitlements", CERTIFICATES),
    Page(ENTITLEMENT + "change/", "待遇", "an entitlement", CERTIFICATES, within=True),
    Page(
        "/desk/entitlements/entitlement/numbers/",
        "待遇数据",
        "entitlements in numbers",
        ENTITLEMENT_NUMBERS,
    ),
    Page("/desk/entitlements/paymentlist/", "发放清单列表", "list of payment lists", CERTIFICATES),
    Page(PAYMENTS + "change/", "发放清单", "a payment list", CERTIFICATES, within=True),
    Page("/desk/operations/centre/", "运营管理中心", "the operations centre", OPERATION | HEADS),
    Page("/desk/operations/centre/live/", "运营实时数据", "live figures of it", OPERATION | HEADS),
    Page("/desk/exchange/partner/", "协作部门", "partners", OPERATION),
    Page("/desk/exchange/notice/", "通知", "notices", OPERATION),
    Page("/desk/exchange/webhookdelivery/", "通知投递", "deliveries of notices", OPERATION),
    Page("/desk/exchange/message/", "来报", "messages", OPERATION),
    Page("/desk/exchange/reusedid/", "重复使用的消息编号", "reused message ids", OPERATION),
    Page("/desk/exchange/lookup/", "查询留痕", "look-ups", OPERATION),
    Page("/desk/axes/accessattempt/", "登录失败", "failed log-ins", ACCOUNTS),
    Page(ATTEMPT + "delete/", "解除登录锁定", "lift the lock on a log-in", ADMINISTRATORS),
    Page("/desk/axes/accesslog/", "登录记录", "log-ins", AUDIT),
    Page("/desk/axes/accessfailurelog/", "登录失败记录", "log-ins that failed", ACCOUNTS),
    Page("/desk/ledger/event/", "存证事件", "events", AUDIT),
    Page("/desk/ledger/treehead/", "存证树根", "tree heads", AUDIT),
    Page("/desk/ledger/publickey/", "公钥", "public keys", AUDIT),
    Page("/desk/people/office/add/", "新增部门", "add an office", ADMINISTRATORS),
    Page("/desk/people/region/add/", "新增区划", "add a region", ADMINISTRATORS),
    Page("/desk/exchange/partner/add/", "新增协作部门", "add a partner", OPERATORS),
    Page(CASE + "documents/{decision}/", "文书", "a document of a case", UNMASKED, within=True),
    Page(FILE, "所附文件", "a file of a case", UNMASKED, within=True),
    Page(FILE + "{page}.jpg", "所附文件的一页", "a page of a file", UNMASKED, within=True),
    Page(TAKEN, "窗口接收的文件", "a file taken at a counter", CLERKS, within=True),
    Page(TAKEN + "file/", "该文件原件", "that file itself", CLERKS, within=True),
    Page(TAKEN + "{page}.jpg", "该文件的一页", "a page of that file", CLERKS, within=True),
    Page(FINDING + "test.yaml", "抽查发现的规则测试", "the test case of a finding", FINDERS),
    Page(INTAKE + "{case}/documents/{decision}/", "受理通知书", "notice of acceptance", HANDLERS),
    Page(INTAKE + "take/{service}/", "窗口收件填报", "the form at a counter", CLERKS, posted=True),
    Page(
        INTAKE + "correct/{case}/", "窗口补正填报", "a correction at a counter", CLERKS, posted=True
    ),
    Page(APPOINTMENT + "mark/", "窗口到号", "who booked has come", CLERKS, posted=True),
    Page(QUEUE + "search/", "查找", "search the list", CASES, posted=True),
    Page(QUEUE + "filters/", "保存筛选", "save filters", CASES, posted=True),
    Page(QUEUE + "assign/", "批量转交", "give several cases to one", SUPERVISORS, posted=True),
    Page(QUEUE + "together/", "批量办理", "decide equal cases", CLERKS, posted=True),
    Page(
        QUEUE + "backtest/",
        "以往办件试算",
        "judge decided cases by a draft",
        POLICIES | AUDIT,
        posted=True,
    ),
    Page(CASE + "unmask/", "查看完整姓名", "see a case unmasked", AUDIT, posted=True),
    Page(CASE + "do/", "办理", "act on a case", CASES, posted=True),
    Page(CERTIFICATE + "do/", "办理证照", "act on a certificate", CERTIFICATES, posted=True),
    Page(FILING + "do/", "办理备案", "act on a filing", HANDLERS, posted=True),
    Page(ENTITLEMENT + "do/", "办理待遇", "act on an entitlement", CLERKS, posted=True),
    Page(PAYMENTS + "do/", "办理发放清单", "act on a payment list", HANDLERS, posted=True),
    Page(PAYMENTS + "export/", "取发放清单", "take a payment list", CLERKS, posted=True),
    Page(REVIEW + "do/", "答复抽查", "answer a re-review", CLERKS, posted=True),
    Page(INSPECTION + "do/", "登记核查结果", "record an inspection", CLERKS, posted=True),
    Page(FINDING + "do/", "处理抽查发现", "settle a finding", CLERKS, posted=True),
    Page(REGRESSION + "do/", "处理回归案例", "settle a regression case", REGRESSIONS, posted=True),
    Page(RATING + "do/", "答复差评", "answer a bad rating", SUPERVISORS, posted=True),
    Page(CHANGE + "do/", "确认人员变更", "settle a change", ADMINISTRATORS, posted=True),
)

ACTIONS = (
    Action(CASE, "take", "领取", "take a case", CLERKS),
    Action(CASE, "release", "放回", "put back one's own case", CLERKS),
    Action(CASE, "find_in_materials", "材料认定", "say what files show", CLERKS),
    Action(CASE, "approve", "批准", "approve what no condition is against", CLERKS),
    Action(CASE, "propose_approval", "有条件不符合时提出批准", "propose to approve", CLERKS, True),
    Action(
        CASE, "confirm_approval", "确认他人提出的批准", "confirm a colleague's proposal", CLERKS
    ),
    Action(CASE, "send_back_approval", "退回他人提出的批准", "send a proposal back", CLERKS),
    Action(CASE, "refuse", "不予批准", "refuse", CLERKS),
    Action(CASE, "propose_refusal", "提交法制审核后不予批准", "propose to refuse", CLERKS),
    Action(CASE, "agree_review", "法制审核同意", "agree as legal officer", LEGALS),
    Action(CASE, "send_back_review", "法制审核退回", "send back as legal officer", LEGALS),
    Action(CASE, "return_", "退回补正", "return for correction", CLERKS),
    Action(CASE, "ask_second_return", "申请再次退回", "ask for a second return", CLERKS),
    Action(CASE, "permit_second_return", "同意再次退回", "permit a second return", OVERSEERS),
    Action(CASE, "deny_second_return", "不同意再次退回", "deny a second return", OVERSEERS),
    Action(CASE, "transfer", "移送其他部门", "give a case to another office", CLERKS),
    Action(CASE, "record_delivery", "登记送达", "record a delivery", CLERKS),
    Action(CASE, "reopen", "自行纠正", "open a case again for an error", CLERKS),
    Action(CASE, "await_consent", "征求部门意见", "ask another agency", CLERKS),
    Action(CASE, "open_procedure", "启动特别程序", "open a special procedure", CLERKS),
    Action(CASE, "end_procedure", "结束特别程序", "end a special procedure", CLERKS),
    Action(CASE, "extend", "延长法定期限（一次）", "extend the term of the law, once", HEADS),
    Action(CASE, "release_for", "将他人办件放回", "put back an absent clerk's case", SUPERVISORS),
    Action(CASE, "reassign", "转交", "give a case to another clerk", SUPERVISORS),
    Action(CERTIFICATE, "suspend", "暂停证照", "suspend a certificate", CLERKS),
    Action(CERTIFICATE, "restore", "恢复证照", "restore a certificate", CLERKS),
    Action(CERTIFICATE, "cancel", "注销证照", "cancel a certificate", CLERKS),
    Action(CERTIFICATE, "propose", "提出撤销证照", "propose to revoke", CLERKS, True),
)

# how much of a person each role sees where it sees cases; ID numbers are masked for everybody
SIGHT = {
    role: ("–", "none")
    if role not in CASES
    else ("遮蔽", "masked")
    if role in MASKED
    else ("姓名完整", "names in full")
    for role in OFFICERS
}

# done elsewhere than by a button of a case or certificate; who may is tested beside each
OTHERS = (
    ("窗口收件", "take an application at a counter", CLERKS, False),
    ("窗口补正", "correct a returned application at a counter", CLERKS, False),
    ("登记预约人是否到场", "say whether who booked has come", CLERKS, False),
    ("批量办理相同办件", "decide equal cases of the list together", CLERKS, False),
    ("批量转交办件", "give several cases of the list to one clerk", SUPERVISORS, False),
    ("标记离岗、返岗", "mark oneself as away and back", CLERKS, False),
    ("为他人标记离岗、返岗", "mark a clerk as away and back", SUPERVISORS, False),
    ("保存自己的筛选", "save filters of one's own", CASES, False),
    ("提出、确认人员变更", "propose and confirm a change of an officer", ADMINISTRATORS, True),
    ("说明理由后查看一件的完整姓名", "see one case unmasked for one page", AUDIT, False),
    (
        "登记、命名、删除本人通行密钥",
        "enrol, name and remove passkeys of one's own",
        frozenset(OFFICERS),
        False,
    ),
    ("登记、停用本人签名密钥", "register and revoke a signing key of one's own", REVIEWING, False),
    ("登记事后核查结果", "record what an inspection has found", CLERKS, False),
    ("暂缓、恢复、终止发放待遇", "hold, resume and stop an entitlement", CLERKS, False),
    ("决定多发款项是否追回", "decide whether an overpayment is paid back", CLERKS, True),
    ("放行发放清单", "release a payment list", OVERSEERS, False),
    (
        "取放行的发放清单，登记付讫、退回",
        "take a released payment list, record what became of it",
        CLERKS,
        False,
    ),
    ("答复差评", "answer a bad rating", SUPERVISORS, False),
    ("停用市民账号", "bar a citizen's account", ADMINISTRATORS, False),
    ("解除登录锁定", "lift the lock on a log-in", ADMINISTRATORS, False),
    ("重发通知", "send a notice again", OPERATORS, False),
    ("维护协作部门", "keep partners", OPERATORS, False),
    ("维护部门、区划", "keep offices and regions", ADMINISTRATORS, False),
    (
        "停办、恢复事项",
        "close and open services",
        POLICIES,
        False,
    ),
    (
        "暂停自动审批（事项、登记库），提出恢复",
        "suspend automatic approval of a service or registry, propose to release it",
        SUSPENDERS,
        False,
    ),
    ("确认恢复自动审批", "confirm that automatic approval goes on", RELEASERS, True),
    ("启动、结束影子运行", "start and end a text in shadow", POLICIES, False),
    ("修改、接手、放弃、送审规则草稿", "change, take over, drop and send drafts", POLICIES, False),
    ("启动免申即享的全城筛查", "order a scan of the city", POLICIES, False),
    ("说明法条修订后规则为何不变", "say why a rule stays after an amendment", POLICIES, False),
    ("提出、撤回、发布事项版本", "propose, withdraw and publish editions", POLICIES, False),
    ("审核他人提出的事项版本", "review an edition another has proposed", REVIEWING, False),
    ("决定从过去日期起更正", "order a correction that begins in the past", HEADS, False),
    ("采纳、不采纳回归案例", "accept and decline regression cases", LEGALS, False),
    ("提出停用回归案例", "ask that a regression case is retired", LEGALS | POLICIES, False),
    ("确认停用他人提出的回归案例", "confirm that one is retired", LEGALS, True),
    ("对分派给本人的抽查件作出答复", "answer a re-review that was drawn for one", CLERKS, False),
    ("确认或不认可他人的抽查发现", "confirm or dismiss a colleague's finding", CLERKS, True),
    ("下载抽查发现的规则测试", "download the test case of a finding", FINDERS, False),
)

SUMMARY = {
    Role.CLERK: (
        "办理本部门（及本辖区）的办件与证照",
        "handles the cases and certificates of an office, in a region or all",
    ),
    Role.SUPERVISOR: (
        "查看本部门（及本辖区）办件，收回、转交，不作决定",
        "sees the cases of an office, releases and reassigns them, decides nothing",
    ),
    Role.HEAD: (
        "查看本部门（及本辖区）办件，批准延期、再次补正，不办件，不作决定",
        "sees the cases of an office, extends terms and orders second returns, decides nothing",
    ),
    Role.LEGAL: (
        "对提交法制审核的办件出具意见，不作决定",
        "agrees with or sends back what is referred to legal review, decides nothing",
    ),
    Role.POLICY: ("维护事项与规则，不办件", "keeps services and rules, handles no case"),
    Role.TECHNICAL: (
        "查看事项版本的技术内容，不见任何个人信息",
        "reads editions for their technical soundness, sees nobody's data",
    ),
    Role.OPERATOR: (
        "协作与运行，不办件，不管账号",
        "keeps partners and operation, no accounts, handles no case",
    ),
    Role.ADMINISTRATOR: (
        "账号、部门、区划，不见办件；人员变更须两人",
        "keeps accounts, offices and regions, sees no case; officers by two of them",
    ),
    Role.AUDITOR: (
        "查看全部，姓名与证件号码遮蔽，不作任何变更",
        "reads everything, names and numbers masked, changes nothing",
    ),
}
NAMES = {
    Role.CLERK: ("经办人员", "clerk"),
    Role.SUPERVISOR: ("督办人员", "supervisor"),
    Role.HEAD: ("部门负责人", "head"),
    Role.LEGAL: ("法制审核人员", "legal"),
    Role.POLICY: ("政策人员", "policy"),
    Role.TECHNICAL: ("技术人员", "technical"),
    Role.OPERATOR: ("运维人员", "operator"),
    Role.ADMINISTRATOR: ("系统管理员", "administrator"),
    Role.AUDITOR: ("审计人员", "auditor"),
}
