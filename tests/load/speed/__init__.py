"""How fast a turn is, beside stock Rasa on the same machine: `python -m tests.load speed` (`make load OF=speed`)."""
