"""One script for each system: does the work once, in its own process, and tells one line."""
