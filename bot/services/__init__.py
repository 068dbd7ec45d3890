"""One function per use case, one transaction each. Knows neither Rasa nor Sanic."""
