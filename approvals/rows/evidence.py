"""Which registries are asked about a case, and what each of them said (核验、证据)."""

from django.db import models

from approvals.states import CheckState
from ledger.identifiers import uuid7


class Check(models.Model):
    """One registry to be asked about one subject for one application, in one round."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application", on_delete=models.PROTECT, related_name="checks", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    registry = models.CharField(max_length=24)
    # whose index (identity.index), where it is not who the registry is asked about first
    subject = models.CharField(max_length=32, blank=True, default="")
    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.DUE)
    # times taken since it was last given back; more than a few: it ends its workers
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=80, blank=True)  # timeout, 503, breaker, mismatch …

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "registry", "subject"], name="check_once_a_round"
            ),
        ]
        indexes = [
            models.Index(
                fields=["registry", "next_at"],
                condition=models.Q(state=CheckState.DUE.value),
                name="check_due",
            ),
            models.Index(
                fields=["registry", "next_at"],
                condition=models.Q(state=CheckState.UNANSWERED.value),
                name="check_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registry}, round {self.round}: {self.state}"


class Evidence(models.Model):
    """What one registry said of one subject, as it was when relied on (证据). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(  # the unique key begins with it
        "approvals.Application", on_delete=models.PROTECT, related_name="evidence", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    registry = models.CharField(max_length=24)
    subject = models.CharField(max_length=32, blank=True, default="")  # as in Check
    outcome = models.CharField(max_length=12)  # of exchange.queries.Answer
    reason = models.CharField(max_length=80, blank=True)
    facts = models.TextField()  # canonical JSON of the fields that the edition declares
    version = models.CharField(max_length=40, blank=True)  # of the registry's record
    read_at = models.DateTimeField()
    purpose = models.CharField(max_length=80)
    # the evidence whose answer this is again, because the registry did not answer (``reason``), or
    # because it was confirmed what else the decision rests on; none: it was read for this round
    origin = models.UUIDField(null=True)
    hash = models.BinaryField(max_length=32)  # SHA-256: see records.receipts.evidence_hash
    # canonical JSON of what proves it: see records.proofs; empty: no other agency has signed it
    proof = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "registry", "subject"], name="evidence_once_a_round"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registry}, round {self.round}: {self.outcome}"


class EvidenceProof(models.Model):
    """The item about one subject that an agency signed, which a row of evidence says. Append-only.

    With the answer that it is part of it is an SD-JWT about this subject and nobody else.
    """

    evidence = models.OneToOneField(
        Evidence, on_delete=models.PROTECT, primary_key=True, related_name="kept_proof"
    )
    answer = models.ForeignKey(
        "exchange.SignedAnswer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    item = models.BinaryField()  # the disclosure, encrypted, bound to the evidence

    def __str__(self) -> str:
        return f"proof of {self.evidence_id}"
