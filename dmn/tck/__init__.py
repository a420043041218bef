"""Runs a conformance suite in the format of the DMN TCK: `python -m dmn.tck FOLDER`."""

from dmn.tck.runner import run

__all__ = ["run"]
