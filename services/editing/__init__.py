"""Changing one part of a pack's text and nothing else of it, byte for byte. Pure.

``spans`` finds where a part stands, ``edits`` changes it, ``grid`` does so within a decision table,
``fields`` says which parts the desk has forms for, ``completion`` what may stand in an expression.
"""
