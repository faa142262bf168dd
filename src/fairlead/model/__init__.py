"""The words: units, ids, instruments, limits, inputs and outputs. Imports nothing of ours."""
