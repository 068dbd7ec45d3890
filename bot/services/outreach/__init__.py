"""Writing to owners of cars of our own accord: once for each car and moment (docs/lifecycle.md)."""
