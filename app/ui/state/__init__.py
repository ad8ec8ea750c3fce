"""What the window knows: the document, the session, and the work behind them."""
