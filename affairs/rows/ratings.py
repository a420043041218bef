"""What applicants say of the handling of their cases, and what the office answers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models import Application
from ledger.identifiers import uuid7
from people.models import User
from services.models import Service

WORST = 2  # from this grade down an answer is owed
LONGEST = 500  # characters of what is written besides
ANSWER_LONGEST = 1000


class Grade(models.IntegerChoices):
    """The five grades of 好差评 (GB/T 39734)."""

    VERY_BAD = 1, _("very dissatisfied")
    BAD = 2, _("dissatisfied")
    FAIR = 3, _("fairly satisfied")
    GOOD = 4, _("satisfied")
    VERY_GOOD = 5, _("very satisfied")


class Point(models.TextChoices):
    """What a grade is for; each may be ticked."""

    SPEED = "speed", _("how long it took")
    CLARITY = "clarity", _("whether everything was explained")
    MATERIALS = "materials", _("what had to be handed in")
    VISITS = "visits", _("how often I had to come")
    PEOPLE = "people", _("how I was treated")
    PAGES = "pages", _("these pages")


class Rating(models.Model):
    """One applicant's grade of one case, given once. One of the two lowest is a work order.

    Then the supervisor of the case's office answers in words until ``answer_by``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="rating", verbose_name=_("case")
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=32)  # whose: the applicant's
    grade = models.PositiveSmallIntegerField(_("grade"), choices=Grade.choices)
    points = models.JSONField(default=list)  # values of Point
    words = models.TextField(blank=True, default="")
    at = models.DateTimeField(_("time"))
    answer_by = models.DateTimeField(_("to be answered by"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answer = models.TextField(blank=True, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("bad rating"), _("bad ratings")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(grade__gte=1, grade__lte=5), name="rating_of_five_grades"
            ),
            models.CheckConstraint(  # no bad one without its deadline
                condition=models.Q(grade__gt=WORST, answer_by__isnull=True)
                | models.Q(grade__lte=WORST, answer_by__isnull=False),
                name="rating_bad_is_answered",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | models.Q(answered_at__isnull=False, answered_by__isnull=False)
                & ~models.Q(answer="")
                & models.Q(answer_by__isnull=False),
                name="rating_answered_at_by",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "grade"], name="rating_of_service"),
            models.Index(
                fields=["answer_by"],
                condition=models.Q(answer_by__isnull=False, answered_at=None),
                name="rating_to_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grade}"
