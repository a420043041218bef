"""What an agency's programs read of its own side: its cases, look-ups, tasks and figures.

Each function takes the agency's code and reads nothing of any other's (I10).
"""
