"""The decision: a deterministic function from one input to its outputs, and the state it keeps.

No clock, no chance, no disk, no network, no threads, no floats. Same inputs, same outputs, same
digest.
"""
