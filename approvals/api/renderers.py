"""JSON out, by orjson; problem documents keep their own media type, and files theirs."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class ORJSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 by definition (RFC 8259)

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class PDFRenderer(ORJSONRenderer):
    """For a program that takes PDF alone: the view answers with the file, a problem is JSON."""

    media_type = "application/pdf"
    format = "pdf"


class FileRenderer(ORJSONRenderer):
    """The same for a program that takes bytes of whatever kind."""

    media_type = "application/octet-stream"
    format = "file"
