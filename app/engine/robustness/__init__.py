"""How a network's figures fall where its examples get worse: noise, gaps, typing errors."""
