"""Content: what the files say, what the database holds, and the snapshot that everything reads."""
