"""What lies over the drawing: sentences, fields, the mini-map."""
