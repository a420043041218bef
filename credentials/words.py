"""What is said of a credential that was shown, in both languages."""

from collections.abc import Mapping

from credentials.statuslist import Status

Words = Mapping[str, str]

FAULTS: Mapping[str, Words] = {
    "malformed": {"zh": "出示的内容无法识别", "en": "What was shown cannot be read."},
    "issuer": {
        "zh": "不是本市签发的凭证，或签名不符",
        "en": "It was not issued by this city, or its signature does not fit.",
    },
    "type": {"zh": "出示的是另一种证照", "en": "A certificate of another kind was shown."},
    "expired": {"zh": "凭证已过有效期", "en": "The credential has expired."},
    "not_yet": {"zh": "凭证的签发时间在将来", "en": "The credential is issued in the future."},
    "disclosure": {
        "zh": "出示的内容与签发的不符",
        "en": "What was disclosed is not what was issued.",
    },
    "binding": {
        "zh": "出示者未能证明凭证属于其钱包",
        "en": "Whoever showed it could not prove that it is of their wallet.",
    },
    "audience": {"zh": "这是向他人出示的凭证", "en": "It was shown to somebody else."},
    "nonce": {"zh": "这是以前出示的凭证", "en": "It was shown before, to another request."},
    "binding_time": {
        "zh": "出示的时间不对，请检查手机时钟",
        "en": "It was not shown now: check the phone's clock.",
    },
    "missing": {
        "zh": "没有出示要求的全部内容",
        "en": "Not all that was asked for was shown.",
    },
    "ended": {"zh": "凭证已失效，不能据此办事", "en": "It is no longer in force."},
    "suspended": {"zh": "凭证已暂停，恢复前不能据此办事", "en": "It is suspended."},
    "status_issuer": {
        "zh": "状态列表不是本市签发的",
        "en": "The status list is not of this city.",
    },
    "status_other": {"zh": "状态列表不是这一份", "en": "It is another status list."},
    "status_stale": {
        "zh": "状态列表已过期，请重新获取",
        "en": "The status list is out of date: fetch it again.",
    },
    "status_malformed": {"zh": "状态列表无法识别", "en": "The status list cannot be read."},
}

STATUSES: Mapping[Status, Words] = {
    Status.VALID: {"zh": "有效", "en": "Valid", "tone": "ok"},
    Status.INVALID: {"zh": "已失效", "en": "No longer in force", "tone": "bad"},
    Status.SUSPENDED: {"zh": "暂停", "en": "Suspended", "tone": "wait"},
}
