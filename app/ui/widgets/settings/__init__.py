"""Forms for settings, drawn from their declarations."""
