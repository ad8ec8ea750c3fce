"""The rows of a delimited text, gathered into columns: blocks of plain ones at once."""
