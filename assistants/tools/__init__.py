"""What assistants may call, by name."""

from collections.abc import Mapping

from assistants.calls import Tool
from assistants.tools import filling, following, services

TOOLS: Mapping[str, Tool] = {
    tool.name: tool for tool in (*services.TOOLS, *filling.TOOLS, *following.TOOLS)
}
