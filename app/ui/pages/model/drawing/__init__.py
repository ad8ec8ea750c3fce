"""The drawn network on the Model page: what is drawn, and gestures as changes of the document."""
