"""Who follows: readers of inputs and outputs. Late, lost or wrong, they never touch trading."""
