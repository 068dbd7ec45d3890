"""`make eval`: how well customers are understood, by ours, by Rasa's stock configuration and by plain retrieval."""
