"""Words and figures as the window shows them."""
