"""The order of things: one writer numbers every input, writes it down, and never changes it."""
