"""What the tools of whoever runs it read of a process: traces, logs in JSON, times of requests.

Knows nothing of the domain but that a case has a number, and imports nothing of ours.
"""
