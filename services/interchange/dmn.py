"""A pack as a decision model (DMN 1.5 XML), and a model back into the pack's text. Pure."""

from __future__ import annotations

from city.source import read as read_source
from services.interchange import logic
from services.interchange.models import reading, shape, writing
from services.pack.model import Pack

write = writing.write


def read(data: bytes, text: str, pack: Pack, file: str = "pack.dmn") -> str:
    """The pack's text with the model's logic; raises ``SourceError`` with element and reason.

    ``text`` and ``pack``: what it is put into. Whether the result is a sound pack is for
    ``services.edition.draft`` to say.
    """
    source = read_source(text)
    found = reading.logic_of(shape.read(data, file), logic.of(source), pack)
    return logic.put(source, found)


def service_of(data: bytes, file: str = "pack.dmn") -> str:
    """The service that a model says it is of; raises ``SourceError`` as ``read``."""
    space = shape.read(data, file).root.get("namespace", "")
    return space.removeprefix(writing.NAMESPACE)
