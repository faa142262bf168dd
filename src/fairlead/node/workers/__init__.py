"""Strategies in processes of their own: each lives through the same inputs as the node."""
