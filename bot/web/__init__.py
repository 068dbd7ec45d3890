"""The chat widget and the demo page."""
