"""rasa_sdk actions: slots in, one service call, reply and events out. No SQL, no rule of the trade."""
