"""Damaged inputs and run folders: none may end, hang, fill the memory or be used in silence."""
