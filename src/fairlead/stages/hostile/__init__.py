"""The whole node in a hostile world from one seed, and who checks it. Begin with `run.py`."""
