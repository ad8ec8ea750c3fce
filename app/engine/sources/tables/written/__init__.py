"""How a table is written: the style of its numbers, and what is no row of it."""
