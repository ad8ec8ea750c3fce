"""Spreadsheets, read in a process of their own: whatever happens there is one sentence here."""
