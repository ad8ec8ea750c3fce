"""The gallery: templates and the networks that a person kept, each a card with its picture."""
