"""A pipeline publishes a pack by ``manage.py pack``, with two officers' own key files."""

import io
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.clock import now as clock_now
from people.actors import officer
from people.models import SigningKey, User
from people.signing_keys import actions
from services import audit, reviews
from services.models import Edition, Proposal
from tests.services.editions import published
from tests.services.packs import SMALL, changed

pytestmark = pytest.mark.usefixtures("furnished")  # its keys sign trials
OPINION = ("--opinion", "已逐条核对，同意")


def pack(*words: object) -> str:
    """What ``manage.py pack`` prints."""
    out = io.StringIO()
    call_command("pack", *map(str, words), stdout=out)
    return out.getvalue()


def refused(*words: object) -> str:
    with pytest.raises(CommandError) as caught:
        pack(*words)
    return str(caught.value)


def pem_key(folder: Path, name: str) -> Path:
    """A key file as openssl writes it; its public half is registered as that officer's."""
    file = folder / f"{name}.key"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(file)], check=True
    )  # fmt: skip
    made = subprocess.run(
        ["openssl", "pkey", "-in", str(file), "-pubout"], check=True, capture_output=True, text=True
    )
    actions.register(by=User.objects.get(username=name), text=made.stdout, now=clock_now())
    return file


def ssh_key(folder: Path, name: str) -> Path:
    """The same as ssh-keygen writes it."""
    file = folder / f"{name}.key"
    subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(file)], check=True)
    text = file.with_suffix(".key.pub").read_text()
    actions.register(by=User.objects.get(username=name), text=text, now=clock_now())
    return file


def signed(file: Path, key: Path, role: str) -> Path:
    """The file that ``pack sign`` makes."""
    made = key.with_suffix(f".{file.stem}.jws")
    made.write_text(pack("sign", file, "--key", key, "--role", role, *OPINION))
    return made


def test_a_pipeline_publishes_with_two_key_files(tmp_path: Path) -> None:
    published(SMALL, clock_now())
    next_, after = tmp_path / "next.yaml", tmp_path / "after.yaml"
    next_.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-01-01"), "utf-8")
    after.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-02-01"), "utf-8")
    law, tech = pem_key(tmp_path, "han"), ssh_key(tmp_path, "ding")

    # step by step: proposed, tried, reviewed by each, published
    number = pack("propose", next_, "--by", "li").split("proposed as ")[1].split(",")[0]
    missing = refused("publish", number, "--by", "wang")
    assert "legal officer" in missing and "technical officer" in missing
    pack("backtest", "bus_pass", "--against", next_, "--store", "--by", "li")
    other = signed(after, law, "legal")
    assert "han has not signed this text" in refused("review", number, "--signature", other)
    wrong_role = signed(next_, tech, "legal")
    assert "has not signed" in refused("review", number, "--signature", wrong_role)
    assert "proposed" in pack("review", number, "--signature", signed(next_, law, "legal"))
    assert "technical officer" in refused("publish", number, "--by", "wang")
    assert "approved" in pack("review", number, "--signature", signed(next_, tech, "technical"))
    assert "bus_pass v2" in pack("publish", number, "--by", "wang")

    # at once; a revoked key signs nothing, and one byte more is another text
    pack("backtest", "bus_pass", "--against", after, "--store", "--by", "li")
    both = [signed(after, law, "legal"), signed(after, tech, "technical")]
    given = [word for file in both for word in ("--signature", file)]
    byte = tmp_path / "byte.yaml"
    byte.write_text(after.read_text("utf-8") + "\n", "utf-8")
    assert "has not signed this text" in refused("publish", byte, *given, "--by", "li")
    assert "technical officer" in refused("publish", after, *given[:2], "--by", "li")
    kid = SigningKey.objects.get(user__username="han").kid
    han = User.objects.get(username="han")
    assert "bus_pass v3" in pack("publish", after, *given, "--by", "li")
    actions.revoke(by=han, kid=kid, reason="密钥遗失", now=clock_now())
    last = tmp_path / "last.yaml"
    last.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-03-01"), "utf-8")
    late = [signed(last, law, "legal"), signed(last, tech, "technical")]
    given = [word for file in late for word in ("--signature", file)]
    assert "not registered, or is retired" in refused("publish", last, *given, "--by", "li")

    # what a reviewer has sent back is published by no signature from before
    back = tmp_path / "back.yaml"
    back.write_text(changed("in_force_from: 2026-01-01", "in_force_from: 2099-04-01"), "utf-8")
    pack("backtest", "bus_pass", "--against", back, "--store", "--by", "li")
    again = pem_key(tmp_path, "han")
    given = ["--signature", signed(back, again, "legal")]
    given += ["--signature", signed(back, tech, "technical")]
    pack("propose", back, "--by", "li")
    waiting = Proposal.objects.get(state="proposed")
    opinion = reviews.Opinion(False, "依据不足，退回", waiting.hash)
    reviews.review(waiting.pk, opinion, by=officer(han), now=clock_now())
    assert "reviewed at the desk" in refused("publish", back, *given, "--by", "li")

    assert Edition.objects.filter(service="bus_pass").count() == 3
    assert Proposal.objects.exclude(state="published").count() == 1
    assert list(audit.faults()) == [], "what a key signed before it was revoked stays valid"
