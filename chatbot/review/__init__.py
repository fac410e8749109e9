"""Review in the admin: the list of conversations, one of them, and work on many at once."""
