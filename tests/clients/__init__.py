"""Stock Realtime clients, unmodified, against a real worker."""
