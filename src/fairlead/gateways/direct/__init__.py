"""Order entry of our own: a session between a node and a venue in another process, sans I/O.

`messages.py` is what is said, `frames.py` how it stands on the wire, `venue_end.py` and
`node_end.py` are the two ends with their rules, and `line.py` is the connection of a node: a thread
around its end. docs/reference/direct-protocol.md is for who writes another end.
"""
