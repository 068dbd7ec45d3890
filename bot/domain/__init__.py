"""Rules only: booking, calendar, lifecycle, conversation ownership. No Rasa, Sanic, SQL or clock."""
