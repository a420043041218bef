"""Trials of drafts on past cases: ordered by an officer, worked by Celery in steps, signed."""
