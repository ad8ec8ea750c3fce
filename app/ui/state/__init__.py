"""What the window knows: the document, the session, and work in the background."""
