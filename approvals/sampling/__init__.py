"""Re-review of automatic approvals after the fact (双随机): who is drawn, who looks, what it shows.

``statistics`` is pure; ``drawing`` draws a month and assigns reviewers, ``verifying`` draws it
again, ``reviewing`` takes what officers say, ``cases`` makes a test for the pack of a finding, and
``rates`` reads how often approvals were false. docs/sampling.md tells the whole.
"""
