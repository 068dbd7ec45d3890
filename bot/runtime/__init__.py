"""How Rasa is run here: agent, tracker store, in-process actions, templates."""
