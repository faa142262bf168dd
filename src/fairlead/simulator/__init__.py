"""The world from one seed or one recording: venues, markets, latency. It reads no clock."""
