"""What a person chose, as one typed value, and the TOML file that holds it."""
