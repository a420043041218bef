"""Workbooks: their sheets and headings, written by openpyxl, read strictly from the file."""
