"""Counters (窗口): applications taken there at the desk, and appointments."""
