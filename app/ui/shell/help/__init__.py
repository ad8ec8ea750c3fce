"""Help: the glossary, the keys, where more data come from, and what to send with a question."""
