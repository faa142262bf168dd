"""A hostile world from one seed: network, venue, market data and clock as badly as they come."""
