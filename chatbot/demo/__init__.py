"""Believable data for trying and measuring; `manage.py makedemo` makes it and takes it away."""
