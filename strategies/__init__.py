"""Strategies that are real and meant to be copied: each is one file, and needs only the port."""
