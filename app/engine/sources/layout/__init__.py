"""Which folders are classes, splits or neither, and what each file below them is."""
