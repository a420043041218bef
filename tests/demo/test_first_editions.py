"""What a demo begins with: every edition of it has passed the gate as any other."""

import io

from django.core.management import call_command

from services.models import Edition


def test_a_demo_begins_with_the_packs_that_ship_and_leaves_what_is_published(furnished, settings):
    assert Edition.objects.count() == len(settings.CITY.packs)
    for edition in Edition.objects.all():
        assert edition.is_first and edition.proposal.state == "published"
        assert {review.role for review in edition.proposal.reviews.all()} == {"legal", "technical"}
    out = io.StringIO()
    call_command("first_editions", stdout=out)
    assert out.getvalue().count("unchanged") == len(settings.CITY.packs)
