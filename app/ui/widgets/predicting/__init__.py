"""The dialog that predicts many examples at once and shows the answers beside them."""
