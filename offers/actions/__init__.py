"""The actions of scans and offers: keyword-only, ``by`` and ``now``, one transaction each."""
