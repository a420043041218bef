"""Checking a PDF that somebody hands in: ours, whole, unchanged, and what it says.

The signature is checked over the raw bytes first, so that only files that we signed ourselves
ever reach a PDF parser: bombs, loops and polyglots are refused before that.
"""

import datetime
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.files.uploadedfile import UploadedFile
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certificates import queries
from certificates.models import Certificate
from certificates.pdf import signing
from certificates.verification import offline, papers
from ledger import signatures
from ledger.clock import city_date

LARGEST = 1_000_000  # bytes; ours have about 60,000
_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s*\]")


class PDFRejected(Exception):
    """Why a file is not to be believed; ``status`` is the HTTP status for a entry point."""

    def __init__(self, zh: str, en: str, *, status: int = 422) -> None:
        super().__init__(en)
        self.words = {"zh": zh, "en": en}
        self.status = status


@dataclass(slots=True)
class UploadResult:
    """What became of a file: genuine or why not, and the certificate that it shows."""

    genuine: bool
    status: int = 200
    words: dict[str, str] = field(default_factory=dict)
    certificate: Certificate | None = None
    shown: dict[str, Any] | None = None  # of another paper than a certificate


def check(file: UploadedFile | None, now: datetime.datetime) -> UploadResult:
    """Check an uploaded file; never raises for what is in it. Nothing of it is kept."""
    try:
        if file is None or not file.size:
            raise PDFRejected("请选择一个 PDF 文件", "Choose a PDF file.")
        if file.size > LARGEST:
            raise too_large()
        jws = inspect(file.read(LARGEST + 1), signing.published())
        if (shown := papers.read(jws, now)) is not None:
            return UploadResult(True, shown=shown)
        checked = offline.check(jws, None, city_date(now))
        certificate = queries.find(checked.payload["id"])
        if certificate is None or certificate.jws != jws:
            raise PDFRejected("签发记录中没有这份证照", "No such certificate is on record.")
    except PDFRejected as error:
        return UploadResult(False, error.status, error.words)
    except offline.Forged as error:
        return UploadResult(False, 422, {"zh": error.zh, "en": error.en})
    return UploadResult(True, certificate=certificate)


def too_large() -> PDFRejected:
    return PDFRejected("文件超过 1 MB", "The file is larger than 1 MB.", status=413)


def inspect(raw: bytes, published: Sequence[bytes], keys: signatures.Keys | None = None) -> str:
    """Return the signed payload (JWS) inside a PDF that one of the ``published`` certificates
    signed; raises ``PDFRejected``. Needs no database and no network."""
    if len(raw) > LARGEST:
        raise too_large()
    if not raw.startswith(b"%PDF-"):
        raise PDFRejected("这不是 PDF 文件", "This is not a PDF file.")
    _over_bytes(raw, published)
    try:
        return _over_structure(raw, published)
    except PDFRejected:
        raise
    except (
        Exception
    ) as error:  # a parser may raise anything; the bytes were ours, the reader failed
        raise PDFRejected("无法读取该 PDF", "The PDF cannot be read.") from error


def _over_bytes(raw: bytes, published: Sequence[bytes]) -> None:
    """One signature over the whole file, made with a published certificate, nothing after it."""
    ranges = _RANGE.findall(raw)
    if not ranges:
        raise PDFRejected("该 PDF 没有签名", "The PDF carries no signature.")
    start, length, after, rest = (int(n) for n in ranges[-1])
    if len(ranges) > 1 or start != 0 or after + rest != len(raw) or not length < after:
        raise PDFRejected(
            "签名之后文件又被改动或追加", "The file was changed or added to after signing."
        )
    signed = raw[:length] + raw[after:]
    try:
        info, certificate = _signer(raw[length + 1 : after - 1], published)
        attributes, signature = info["signed_attrs"], info["signature"].native
        digest = next(
            a["values"][0].native for a in attributes if a["type"].native == "message_digest"
        )
    except (ValueError, TypeError, KeyError, IndexError, StopIteration):
        raise PDFRejected("签名数据损坏", "The signature is damaged.") from None
    if hashlib.sha256(signed).digest() != digest:
        raise PDFRejected(
            "文件内容被改动，与签名不符", "The content was changed: the signature does not fit."
        )
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    try:
        # what is signed is the SET of attributes, not the implicit tag in which it travels
        key.verify(
            signature,
            b"\x31" + attributes.dump(force=False)[1:],
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        raise PDFRejected("签名不符", "The signature does not fit.") from None


def _signer(hexed: bytes, published: Sequence[bytes]) -> tuple[Any, bytes]:
    """The one signer and its certificate (DER) in a CMS container, zero-padded in the file.

    The container is outside of what is signed, so it must be byte for byte the one that we
    would write around these attributes and this signature, in capitals, padded with zeros.
    """
    data = bytes.fromhex(hexed.decode("ascii"))
    signed = cms.ContentInfo.load(data)["content"]
    (info,) = signed["signer_infos"]
    brought = [choice.chosen.dump() for choice in signed["certificates"]]
    if any(certificate not in published for certificate in brought):
        raise PDFRejected("不是本机关的签名", "Somebody else signed it, not us.")
    serial = info["sid"].chosen["serial_number"].native
    certificates = [asn1_x509.Certificate.load(der) for der in brought]
    (signer,) = (c for c in certificates if c.serial_number == serial)
    expected = _container(certificates, signer, info).dump()
    if expected.hex().upper().encode().ljust(len(hexed), b"0") != hexed:
        raise ValueError("not as we write it")
    return info, signer.dump()


def _container(
    certificates: list[asn1_x509.Certificate], signer: asn1_x509.Certificate, info: Any
) -> cms.ContentInfo:
    """CMS SignedData (RFC 5652) as PAdES baseline B has it, over SHA-256 and ECDSA."""
    sha256 = {"algorithm": "sha256"}
    sid = {"issuer": signer.issuer, "serial_number": signer.serial_number}
    signer_info = {
        "version": "v1",
        "sid": cms.SignerIdentifier("issuer_and_serial_number", sid),
        "digest_algorithm": sha256,
        "signed_attrs": info["signed_attrs"],
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": info["signature"].native,
    }
    signed = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": {"content_type": "data"},
        "certificates": certificates,
        "signer_infos": [cms.SignerInfo(signer_info)],
    }
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _over_structure(raw: bytes, published: Sequence[bytes]) -> str:
    """What a PDF reader makes of it: valid, certified, no change allowed; returns the jws."""
    reader = PdfFileReader(io.BytesIO(raw), strict=True)
    (embedded,) = reader.embedded_signatures
    roots = [asn1_x509.Certificate.load(der) for der in published]
    context = ValidationContext(
        trust_roots=[c for c in roots if c.ca], allow_fetching=False, revocation_mode="soft-fail"
    )
    status = validate_pdf_signature(embedded, context)
    if not (
        status.bottom_line
        and status.docmdp_ok
        and status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    ):
        raise PDFRejected("签名不符", "The signature does not fit.")
    return str(reader.trailer["/Info"]["/Keywords"])
