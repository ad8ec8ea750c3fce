"""Tables of any sort: detected formatting, guessed roles of columns, both changeable."""
