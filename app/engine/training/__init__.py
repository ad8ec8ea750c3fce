"""One training: plan, build, the loop, and what it records."""
