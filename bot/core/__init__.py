"""The floor: clock, events, actions, errors. Standard library only."""
