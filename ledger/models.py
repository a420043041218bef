"""What proves history: events in a chain per subject, and signed heads over all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_fsm import TransitionNotAllowed, transition

from ledger.identifiers import uuid7

STATE_LONGEST = 16  # characters of a state's name, as events carry it

Edges = Mapping[str, tuple[Sequence[str], str]]  # name: ((from, …), to)
NO_EDGES: Edges = {}


class Chained(models.Model):
    """A subject whose history is a hash chain; its row carries the chain's length and head.

    ``head`` is a foreign key to ``Event.hash`` in the database (deferrable, declared in the
    migration of each subject), so that no state can be committed without the event that made it.

    ``class Application(Chained, edges=EDGES)`` has a django-fsm transition of its field ``state``
    for each edge: a method of that name that checks and moves, and does nothing else. Raises
    ``ValueError`` for a state that is too long for an event.
    """

    events = models.PositiveIntegerField(default=0, editable=False)
    head = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        abstract = True

    def __init_subclass__(cls, *, edges: Edges = NO_EDGES, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, (sources, target) in edges.items():
            for state in map(str, (*sources, target)):
                if len(state) > STATE_LONGEST:
                    raise ValueError(f"{state}: a state has {STATE_LONGEST} characters at most")
            setattr(cls, name, _transition(name, sources, target))

    def take_edge(self, name: str) -> None:
        """Move in memory; raises ``TransitionNotAllowed`` where the table has no such edge."""
        if not hasattr(self, name):
            raise TransitionNotAllowed(f"{name}: there is no such edge")
        getattr(self, name)()


def _transition(name: str, sources: Sequence[str], target: str) -> Any:
    def move(self: Any) -> None:
        """Move; django-fsm raises ``TransitionNotAllowed`` from a state where no edge begins."""

    move.__name__ = name
    return transition(field="state", source=[str(s) for s in sources], target=str(target))(move)


class Event(models.Model):
    """One thing that happened to one subject (留痕). Append-only; see ``ledger.events``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(  # "application:GS2026…", "certificate:…"
        _("subject"), max_length=80
    )
    seq = models.PositiveIntegerField(_("place in the chain"))  # 1, 2, 3 … within the subject
    kind = models.CharField(  # a participle: submitted, approved, superseded
        _("kind"), max_length=40
    )
    before = models.CharField(  # state, or empty
        _("state before"), max_length=STATE_LONGEST, blank=True
    )
    after = models.CharField(_("state after"), max_length=STATE_LONGEST, blank=True)
    by = models.CharField(_("who"), max_length=120)  # people.actors.Actor as text: "officer:li"
    at = models.DateTimeField(_("time"))
    data = models.TextField(  # canonical JSON (ledger.canonical), hashed as it is
        _("data"), default="{}"
    )
    previous = models.BinaryField(max_length=32, null=True)
    hash = models.BinaryField(max_length=32, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="event_one_per_place"),
            models.CheckConstraint(  # the first has nothing before it, every other has
                condition=models.Q(seq=1, previous__isnull=True)
                | models.Q(seq__gt=1, previous__isnull=False),
                name="event_linked",
            ),
        ]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq} {self.kind}"


class Unsequenced(models.Model):
    """An event that no tree head covers yet: written by a trigger with it, taken by ``heads``.

    A table of its own, because events may not be updated, transactions commit out of order, and
    clocks of machines differ: only a row that appears with the event misses none.
    """

    event = models.UUIDField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event)


class Leaf(models.Model):
    """The place of an event among all events: the leaves under the signed tree heads."""

    position = models.BigIntegerField(primary_key=True)  # from 0
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="leaf")

    def __str__(self) -> str:
        return f"leaf {self.position}"


class TreeHead(models.Model):
    """A signed statement of how many events there are and what they hash to (RFC 6962)."""

    size = models.BigIntegerField(_("events under it"), primary_key=True)  # number of leaves
    root = models.BinaryField(max_length=32)
    frontier = models.TextField()  # canonical JSON: roots of the complete subtrees, left to right
    at = models.DateTimeField(_("time"))
    kid = models.CharField(_("key"), max_length=64)
    algorithm = models.CharField(_("algorithm"), max_length=16)
    signature = models.BinaryField()

    class Meta:
        verbose_name = _("tree head")
        verbose_name_plural = _("tree heads")

    def __str__(self) -> str:
        return gettext("tree of %(n)d events") % {"n": self.size}


class PublicKey(models.Model):
    """A public key of ours, published for as long as something signed with it may be checked."""

    kid = models.CharField(_("key"), primary_key=True, max_length=64)  # RFC 7638 thumbprint
    purpose = models.CharField(  # receipt, certificate, head, webhook, pdf
        _("signs"), max_length=24
    )
    algorithm = models.CharField(_("algorithm"), max_length=16, default="Ed25519")
    public = models.BinaryField()
    active_from = models.DateTimeField(_("in use from"))
    retired_at = models.DateTimeField(_("retired at"), null=True)  # no longer signs; still verifies
    # its place in the history that the root signs (ledger.root)
    number = models.PositiveIntegerField(null=True, unique=True)
    previous = models.BinaryField(max_length=32, null=True)  # SHA-256 of the statement before
    root_signature = models.BinaryField(null=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "-active_from"])]
        verbose_name = _("public key")
        verbose_name_plural = _("public keys")

    def __str__(self) -> str:
        return self.kid
