"""Live updates over Socket.IO: events in, events out, and who is here."""
