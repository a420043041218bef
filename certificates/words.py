"""What each state of a certificate means, in both languages: for pages, API and PDF alike."""

from typing import Any

STATE_WORDS: dict[str, dict[str, Any]] = {
    "valid": {
        "zh": "有效",
        "en": "Valid",
        "sentence": {
            "zh": "这份证照真实有效，可以据此办事。",
            "en": "This certificate is genuine and in force.",
        },
        "tone": "ok",
        "sign": "met",
    },
    "suspended": {
        "zh": "暂停",
        "en": "Suspended",
        "sentence": {
            "zh": "签发机关已暂停这份证照，恢复之前不能据此办事。",
            "en": "Its issuer has suspended it. Do not rely on it until it is restored.",
        },
        "tone": "wait",
        "sign": "unknown",
    },
    "superseded": {
        "zh": "已换发",
        "en": "Superseded",
        "sentence": {
            "zh": "已有新的版本代替这一份，请向持证人索取新版。",
            "en": "A newer version stands in its place. Ask the holder for the new one.",
        },
        "tone": "wait",
        "sign": "unknown",
    },
    "revoked": {
        "zh": "已撤销",
        "en": "Revoked",
        "sentence": {
            "zh": "签发机关已依法撤销这份证照，不能据此办事。",
            "en": "Its issuer has revoked this certificate by law. Do not rely on it.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
    "expired": {
        "zh": "已过期",
        "en": "Expired",
        "sentence": {
            "zh": "有效期已过，不能据此办事。",
            "en": "Its last day has passed. Do not rely on it.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
    "cancelled": {
        "zh": "已注销",
        "en": "Cancelled",
        "sentence": {
            "zh": "持证人已交回，或登记已注销，不能据此办事。",
            "en": "It was given up by its holder, or deregistered. Do not rely on it.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
    "unknown": {
        "zh": "查无此证",
        "en": "Not found",
        "sentence": {
            "zh": "没有这个编号的证照。请核对编号；仍查不到的，请勿采信。",
            "en": "No certificate has this number. Check what you typed.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
    "broken": {
        "zh": "核验不通过",
        "en": "Signature does not fit",
        "sentence": {
            "zh": "登记的内容与签章不符，请勿采信，并请告知签发机关。",
            "en": "What is recorded does not fit its signature. Do not rely on it, and tell the"
            " issuer.",
        },
        "tone": "bad",
        "sign": "unmet",
    },
}

FILING_WORDS: dict[str, dict[str, str]] = {
    "due": {
        "zh": "待推送（接收部门尚未接入）",
        "en": "To be sent once its receiver is connected",
        "tone": "wait",
    },
    "pushed": {"zh": "已推送，待回执", "en": "Sent, no answer yet", "tone": "plain"},
    "overdue": {"zh": "逾期未回执，已催办", "en": "No answer in time, reminded", "tone": "wait"},
    "accepted": {"zh": "已接收", "en": "Accepted", "tone": "ok"},
    "returned": {"zh": "被退回，工作人员处理中", "en": "Returned, with an officer", "tone": "wait"},
    "not_applicable": {"zh": "不适用", "en": "Does not apply", "tone": "plain"},
    "revoked": {"zh": "已撤销", "en": "Revoked", "tone": "bad"},
}

# ground of a revocation (Revocation.Ground): its place in 行政许可法
LAW = {
    "deception": "行政许可法第六十九条第二款",
    "abuse": "行政许可法第六十九条第一款第（一）项",
    "authority": "行政许可法第六十九条第一款第（二）项",
    "procedure": "行政许可法第六十九条第一款第（三）项",
    "unqualified": "行政许可法第六十九条第一款第（四）项",
}
