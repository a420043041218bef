"""Counting cases, decisions and answers for the operations centre: exactly, and in advance."""
