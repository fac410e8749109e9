"""The engine: its pure parts with scripted models, and the whole of it with the real ones."""
