"""The call as a pure state machine: no sockets, no clock, no database, no Django."""
