"""Mistakes in a graph and the edits that mend them, as values: one click applies one."""
