"""What is issued: certificates, their versions, and the filings consolidated into them."""

from django.db import models
from django_fsm import FSMField, transition

from certificates.states import State, edge
from ledger.identifiers import uuid7
from ledger.models import Chained
from people.models import Office, Region


class Certificate(Chained):
    """One version of one certificate (证照), sealed when it was issued.

    It outlives its application and can exist without one, so it keeps the application's number
    and no foreign key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField(max_length=100, unique=True)  # 1.2.156.3005.2.… (GB/T 36904)
    public_id = models.CharField(max_length=26, unique=True)  # short, random; in QR and /verify/
    number = models.CharField(max_length=60)  # as printed: USCC of a licence, approval number …
    version = models.PositiveSmallIntegerField(default=1)
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    service = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)  # certificate type code in the pack
    application = models.CharField(max_length=40, blank=True)  # application number
    holder = models.CharField(max_length=32, db_index=True)  # identity.index
    office = models.ForeignKey(Office, on_delete=models.PROTECT)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True)
    state = FSMField(default=State.VALID, choices=State.choices, protected=True)
    issued_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    payload = models.BinaryField()  # canonical bytes: what was certified, and on what it rests
    seal = models.TextField()  # compact JWS over the payload (RFC 7515)
    kid = models.CharField(max_length=64)

    class Meta:
        constraints = [
            # one live certificate of a kind per application (I2)
            models.UniqueConstraint(
                fields=["application", "kind"],
                condition=models.Q(state__in=["valid", "suspended"]) & ~models.Q(application=""),
                name="certificate_one_live",
            ),
        ]

    @property
    def subject(self) -> str:
        return f"certificate:{self.identifier}"

    # django-fsm declares edges and nothing else: the bodies are empty, the table is in states.py

    @transition(field=state, **edge("supersede"))
    def supersede(self) -> None: ...

    @transition(field=state, **edge("suspend"))
    def suspend(self) -> None: ...

    @transition(field=state, **edge("restore"))
    def restore(self) -> None: ...

    @transition(field=state, **edge("revoke"))
    def revoke(self) -> None: ...

    @transition(field=state, **edge("expire"))
    def expire(self) -> None: ...

    @transition(field=state, **edge("cancel"))
    def cancel(self) -> None: ...
