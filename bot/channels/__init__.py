"""Platform message to our message and back: REST and web."""
