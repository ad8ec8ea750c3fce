"""Forms for settings, drawn from their declaration."""
