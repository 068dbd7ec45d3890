"""The staff API, its description, and health."""
