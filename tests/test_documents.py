"""Documents name only what is there: links lead somewhere, and promises to their proofs."""

import pkgutil
import re
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        assert (document.parent / target.partition("#")[0]).exists(), target


GUIDES = [ROOT / "docs" / "architecture.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.mark.parametrize("document", GUIDES, ids=lambda p: p.name)
def test_every_module_named_in_a_guide_exists(document: Path) -> None:
    for name in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", document.read_text()):
        assert (ROOT / name).exists(), name


# README, docs and how-to say what is; decisions tell how it became so
PRESENT = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *GUIDES[1:],
]
OURS = (
    "affairs",
    "approvals",
    "benchmarks",
    "bulk",
    "bundles",
    "certificates",
    "city",
    "config",
    "counter",
    "demo",
    "deploy",
    "dmn",
)
OURS += ("exchange", "ledger", "offers", "people", "portal", "services", "tests")
FOLDERS = "|".join((*OURS, "cities", "docs"))
CODE = [
    path
    for path in (
        ROOT / name
        for name in subprocess.run(
            ["git", "ls-files", "*.py", "*.sh", "Makefile", "*.toml", "*.yaml", "*.yml", ".ci/*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
    )
    if path.is_file()
]


def _spans(document: Path) -> list[str]:
    """Return what stands in backticks, outside blocks of code."""
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.S)
    return re.findall(r"`([^`\n]+)`", text)


@lru_cache(maxsize=1)
def _texts() -> list[str]:
    return [path.read_text("utf-8") for path in CODE if path != Path(__file__)]


@lru_cache(maxsize=1)
def _words() -> frozenset[str]:
    return frozenset(word for text in _texts() for word in re.findall(r"\w+", text))


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_path_in_backticks_exists(document: Path) -> None:
    paths = [s for s in _spans(document) if re.fullmatch(rf"(?:{FOLDERS})(?:/[\w.-]+)+/?", s)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_dotted_name_in_backticks_exists(document: Path) -> None:
    dotted = rf"((?:{'|'.join(OURS)})(?:\.\w+)+)(?:\(.*\))?"
    names = [found[1] for s in _spans(document) if (found := re.fullmatch(dotted, s))]
    assert [name for name in names if not _is_there(name)] == []


def _is_there(name: str) -> bool:
    try:
        return bool(pkgutil.resolve_name(name)) or True
    except (ImportError, AttributeError):  # a task, or a word of packs: as it stands in the code
        return any(re.search(rf"\b{re.escape(name)}\b", text) for text in _texts())


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_setting_and_class_in_backticks_is_in_the_code(document: Path) -> None:
    spans = _spans(document)
    settings = [s.partition("=")[0] for s in spans if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+(=\S*)?", s)]
    classes = [s for s in spans if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", s)]
    settings = [re.sub(r"^REGISTRY_[A-Z]+_(?=URL)", "REGISTRY_", s) for s in settings]
    assert [s for s in settings if s not in _words()] == []
    assert [c for c in classes if c not in _words()] == []


@pytest.mark.parametrize("document", PRESENT, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_of_a_document_exists(document: Path) -> None:
    known = {path.stem for path in ROOT.glob("*/management/commands/*.py")}
    known |= {"check", "shell", "createsuperuser", "collectstatic", "makemigrations", "test"}
    for command in re.findall(r"manage\.py ([a-z_]+)", document.read_text()):
        assert command in known, command
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    for target in re.findall(r"`make (\w+)", document.read_text()):
        assert target in targets, target
