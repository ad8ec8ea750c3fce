"""Long texts, such as books: read in parts, so that their length takes no memory."""
