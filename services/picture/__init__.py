"""The rules of an edition drawn: what is read, what is judged by it, what follows. Pure.

As a decision requirements diagram (DMN 1.5, clause 6.2) from left to right: inputs by registry and
figures, decision tables, conditions, outcomes. ``graph`` says what is drawn, ``layout`` where,
``svg`` how. Black on white, on A4 sheets across; no script.
"""

from services.picture.graph import Graph, Node, graph
from services.picture.layout import Layout, lay_out
from services.picture.svg import sheets

__all__ = ["Graph", "Layout", "Node", "graph", "lay_out", "sheets"]
