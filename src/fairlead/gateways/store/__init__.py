"""The tick store: inputs of any recording as Parquet by instrument and day, with a catalogue.

It lives with the gateways, not with the readers: a stored day is a recording like any other, opened
through the same registry of formats, and it needs nothing of machine or journal. pyarrow is loaded
when a store is written or read; the catalogue alone is read without it.
"""
