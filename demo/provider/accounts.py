"""The provider's accounts, and the one application that it knows: ours."""

from django.conf import settings
from django.contrib.auth.models import User
from oauth2_provider.models import get_application_model

from demo.provider import people


def make() -> None:
    """Write all accounts, without passwords, and the application with where it may be sent back."""
    User.objects.bulk_create(User(username=name) for name in people.everybody())
    model = get_application_model()
    model.objects.create(
        name="秒批政务服务",
        client_id=settings.CLIENT_ID,
        client_secret=settings.CLIENT_SECRET,
        hash_client_secret=False,  # random and of this run: a slow hash at each log-in is for words
        client_type=model.CLIENT_CONFIDENTIAL,
        authorization_grant_type=model.GRANT_AUTHORIZATION_CODE,
        algorithm=model.RS256_ALGORITHM,
        redirect_uris=f"{settings.SITE}/login/back/",
        post_logout_redirect_uris=f"{settings.SITE}/",
    )
