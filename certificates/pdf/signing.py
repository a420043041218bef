"""Signing PDFs (PAdES baseline B, ETSI EN 319 142-1) with the demo authority's own certificates.

A root and a signer under it are made once and lie in ``KEYS_DIR/pdf``; their public halves
are rows of ``PublicKey`` with purpose "pdf", so that what was signed stays verifiable when the
folder is gone. A city replaces the folder by what its certification authority gave it.
"""

import datetime
import fcntl
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from ledger import rotation
from ledger.keys import KeyUnusable
from ledger.models import PublicKey

YEARS = 20
PDF_17 = (1, 7)
PURPOSE = "pdf"
CERTIFICATE = "电子证照 electronic certificate"  # reasons of a signature
DOCUMENT = "电子文书 electronic document"


class PDFA2Writer(IncrementalPdfFileWriter):
    """Adds a signature and leaves the file what it claims to be: PDF/A-2 rests on PDF 1.7.

    pyHanko declares PDF 2.0 and ISO/TS 32002 for every key on a curve. A PAdES signature needs
    neither: ETSI EN 319 142-1 puts it, ECDSA included (ETSI TS 119 312), on ISO 32000-1 with the
    extension ESIC, which is declared.
    """

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, PDF_17))

    def register_extension(self, ext: DeveloperExtension) -> None:
        if str(ext.base_version) <= "/1.7":
            super().register_extension(ext)


@dataclass(frozen=True, slots=True)
class Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def _folder() -> Path:
    return Path(settings.KEYS_DIR) / "pdf"


def make(now: datetime.datetime) -> None:
    """Make root and signer where there are none, and publish them."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else two processes mix their roots and signers
        if not (folder / "signer.pem").exists():
            root = _pair("Demo Document Authority", None, now)
            _write(folder / "root.pem", root)
            _write(folder / "signer.pem", _pair("Demo Certificate Seal", root, now))
    for certificate in (_read("root").certificate, _read("signer").certificate):
        published = PublicKey(
            kid=certificate.fingerprint(hashes.SHA256()).hex(),
            purpose=PURPOSE,
            algorithm="X.509",
            public=certificate.public_bytes(serialization.Encoding.DER),
            active_from=now,
        )
        rotation.publish(published, now)


def _pair(name: str, above: Pair | None, now: datetime.datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.CITY.en),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    made = _Certified(subject, key.public_key(), now + datetime.timedelta(days=365 * YEARS))
    return Pair(key, _certificate(made, above or key, now))


@dataclass(frozen=True, slots=True)
class _Certified:
    """Whom a certificate is for, and until when; ``names``: further ones (RFC 5280, 4.2.1.6)."""

    subject: x509.Name
    key: ec.EllipticCurvePublicKey
    until: datetime.datetime
    names: x509.SubjectAlternativeName | None = None


def _certificate(
    of: _Certified, above: Pair | ec.EllipticCurvePrivateKey, now: datetime.datetime
) -> x509.Certificate:
    """Sign a certificate under ``above``; under its own key it is a root."""
    is_leaf = isinstance(above, Pair)
    issuer, signing_key = (
        (above.certificate.subject, above.key) if isinstance(above, Pair) else (of.subject, above)
    )
    usage = x509.KeyUsage(
        digital_signature=is_leaf,
        content_commitment=is_leaf,
        key_cert_sign=not is_leaf,
        crl_sign=not is_leaf,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(of.subject)
        .issuer_name(issuer)
        .public_key(of.key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(of.until)
        .add_extension(x509.BasicConstraints(ca=not is_leaf, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
    )
    if of.names is not None:
        builder = builder.add_extension(of.names, critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def certified(
    key: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    names: x509.SubjectAlternativeName,
    now: datetime.datetime,
    until: datetime.datetime,
) -> x509.Certificate:
    """Return a certificate of another key of ours, under the root that PDFs are signed under.

    Raises ``KeyUnusable`` where there is none: `manage.py keys make` makes it.
    """
    if not (_folder() / "root.pem").exists():
        raise KeyUnusable(f"no root in {_folder()}: run `manage.py keys make`")
    return _certificate(_Certified(subject, key, until, names), _read("root"), now)


def _write(path: Path, pair: Pair) -> None:
    data = pair.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + pair.certificate.public_bytes(serialization.Encoding.PEM)
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(data)
    new.replace(path)


def _read(name: str) -> Pair:
    data = (_folder() / f"{name}.pem").read_bytes()
    key = serialization.load_pem_private_key(data, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Pair(key, x509.load_pem_x509_certificate(data))


def signer(now: datetime.datetime) -> tuple[SimpleSigner, str]:
    """Return what signs here and its fingerprint: part of what a cached paper depends on."""
    folder = _folder()
    if folder not in _published:
        make(now)
        _published.add(folder)
    return _load(folder)


_published: set[Path] = set()  # by this process, which need not ask again


@lru_cache(maxsize=4)
def _load(folder: Path) -> tuple[SimpleSigner, str]:
    root, leaf = _read("root"), _read("signer")
    store = SimpleCertificateStore()
    store.register(_asn1(root.certificate))
    key = leaf.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    signer = SimpleSigner(
        signing_cert=_asn1(leaf.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=store,
    )
    return signer, leaf.certificate.fingerprint(hashes.SHA256()).hex()


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def sign(paper: bytes, issuer: str, now: datetime.datetime, reason: str = CERTIFICATE) -> bytes:
    """Sign a PDF so that no later change is allowed (DocMDP level 1); returns the whole file."""
    out = io.BytesIO()
    pdf_signer = PdfSigner(
        PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm="sha256",
            name=issuer,
            reason=reason,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            subfilter=SigSeedSubFilter.PADES,
        ),
        signer=signer(now)[0],
    )
    pdf_signer.sign_pdf(PDFA2Writer(io.BytesIO(paper)), output=out)
    return out.getvalue()


def published() -> list[bytes]:
    """Return the certificates (DER) that PDFs of ours were ever signed under."""
    rows = PublicKey.objects.filter(purpose=PURPOSE, algorithm="X.509").order_by("active_from")
    return [bytes(public) for public in rows.values_list("public", flat=True)]
