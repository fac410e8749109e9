"""The models behind the protocols of `models.py`, one file each."""
