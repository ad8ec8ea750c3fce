"""Tables that name files and say something of each."""
