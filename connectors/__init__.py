"""The edges: where things arrive (inboxes) and leave (outlets)."""
