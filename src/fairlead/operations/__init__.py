"""Who keeps it alive: the guard, which holds what must work when the node does not."""
