"""What a service must answer, written apart from its pack: plain Python, one module a service.

Each module was written from the law and the parameters' published values alone, before its pack's
requirements were read, and shares no code with the judge. ``CONDITIONS`` names what must hold, each
a function of a ``Case``; ``CORRECTABLE`` those that the applicant can mend in the answers. See
``case.expected``; ``comparison`` holds a pack against it.
"""
