"""Packs as other programs keep them: spreadsheets (.xlsx) and decision models (.dmn). Pure.

Both carry the same three sections, ``services.interchange.logic``: parameters, decision tables and
requirements. What is read is put into the text of a pack, where all else stays byte for byte.
"""
