"""How the small models of `bot/language/models` are made. Needs the dependency group `train`."""
