"""The record under load: its pages, exports and pruning over the data of `manage.py makedemo`."""
