"""The offline voice engine: a Realtime server of its own process, with no Django in it.

`session.py` and what it imports are pure: no sockets, threads, clocks. `connection.py` and
`server.py` are the shell around it; `stages/` holds the four models.
"""
