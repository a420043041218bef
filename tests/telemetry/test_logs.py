"""Lines of JSON: what they say, and what they never do."""

import json
import logging
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from config import telemetry
from people import logs
from telemetry import context

NUMBER = "11010519491231002X"


@pytest.fixture
def stream() -> StringIO:
    return StringIO()


@pytest.fixture
def log(stream: StringIO) -> logging.Logger:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JSON())
    logger = logging.Logger("miaopi.test")
    logger.addHandler(handler)
    return logger


def line(stream: StringIO) -> dict[str, Any]:
    (text,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_names_the_case_and_its_trace(log: logging.Logger, stream: StringIO) -> None:
    with context.of_case("MP20260001"):
        log.warning("not decided: %s", "it is\ntoo late")
    found = line(stream)
    assert found.pop("at").endswith("+00:00")
    assert found == {
        "level": "WARNING",
        "logger": "miaopi.test",
        "message": "not decided: it is\ntoo late",
        "case": "MP20260001",
        "trace": context.trace_of("MP20260001"),
    }


def test_of_an_error_the_places_are_written_and_none_of_its_values(
    log: logging.Logger, stream: StringIO
) -> None:
    try:
        try:
            raise ValueError("张三 13800138000")
        except ValueError as error:
            raise LookupError(f"住在 {NUMBER}") from error
    except LookupError:
        log.exception("failed", extra={"request": "张三"})
    text = stream.getvalue()
    assert "张三" not in text and "13800138000" not in text and NUMBER[6:14] not in text
    found = line(stream)["exc_info"].splitlines()
    assert [one for one in found if one.startswith("builtins.")] == [
        "builtins.LookupError",
        "builtins.ValueError",
    ]
    assert any("test_logs.py" in one for one in found)


def test_an_error_that_names_itself_as_its_cause_ends(
    log: logging.Logger, stream: StringIO
) -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    log.error("failed", exc_info=(ValueError, first, None))
    assert line(stream)["exc_info"].count("builtins.ValueError") == 2


def test_an_identity_number_in_a_message_is_masked(log: logging.Logger, stream: StringIO) -> None:
    log.error("asked about %s", NUMBER)
    assert line(stream)["message"] == "asked about 1101**********002X"


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("TRACES_URL", "localhost:4318", "TRACES_URL"),
        ("TRACES_SHARE", "1.5", "TRACES_SHARE"),
        ("TRACES_SHARE", "-0.1", "TRACES_SHARE"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, word: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=word):
        telemetry.logging(Env())
        telemetry.traces(Env())


def test_the_settings_of_logs_write_json(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("LOG_FORMAT", "json")
    made = telemetry.logging(Env())
    import logging.config

    before = logging.root.handlers[:], logging.root.level
    try:
        logging.config.dictConfig(made | {"incremental": False})
        logging.getLogger("miaopi.here").error("said")
    finally:
        logging.root.handlers[:], logging.root.level = before[0], before[1]
    assert json.loads(capsys.readouterr().err)["logger"] == "miaopi.here"
