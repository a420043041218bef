"""What DATABASE_URL says reaches libpq, and the session has its limits."""

from config import database

URL = "postgresql://app:pass@db.internal:5433/city?sslmode=verify-full&options=-c%20search_path%3Dx"


def test_every_parameter_of_the_url_is_kept() -> None:
    settings = database.from_url(URL, prepare=True)
    assert (settings["NAME"], settings["USER"], settings["PASSWORD"]) == ("city", "app", "pass")
    assert (settings["HOST"], settings["PORT"]) == ("db.internal", "5433")
    options = settings["OPTIONS"]
    assert isinstance(options, dict)
    assert options["sslmode"] == "verify-full"  # dropped, the connection would not be encrypted
    assert "-c statement_timeout=30s" in options["options"]
    assert options["options"].endswith("-c search_path=x")


def test_a_vanished_server_is_noticed_unless_the_url_says_otherwise() -> None:
    options = database.from_url(URL + "&connect_timeout=2", prepare=True)["OPTIONS"]
    assert isinstance(options, dict)
    assert options["connect_timeout"] == "2"
    assert options["keepalives_idle"] + 3 * options["keepalives_interval"] <= 30
    assert options["tcp_user_timeout"] <= 30_000


def test_a_pool_gives_up_an_attempt_soon() -> None:
    settings = database.from_url(URL, pool=16, prepare=True)
    options = settings["OPTIONS"]
    assert isinstance(options, dict)
    assert options["pool"]["max_size"] == 16
    assert options["pool"]["reconnect_timeout"] <= 5
    assert settings["CONN_MAX_AGE"] == 0  # Django refuses a pool otherwise
