"""A provider of log-ins (OpenID Connect) for the fictional people: a process of its own.

It stands for a city's unified identity service (统一身份认证). Django OAuth Toolkit speaks the
protocol; this package has the people, the pages and, for tests, faults. Nothing here is part of the
application: it runs beside it, on loopback, with settings, database and key of its own.
"""
