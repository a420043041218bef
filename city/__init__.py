"""A city as data: reading and checking the folders under ``cities/``. Pure.

Packs are read with the same reader (``city.source``), so that every fault in any of a city's files
names its file and line in the same way.
"""
