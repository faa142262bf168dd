"""How far: the same parts wired for a backtest and for a paper session. No rules of their own."""
