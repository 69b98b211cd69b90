"""The engine by itself: dispatcher, relay and scheduler, down to each of their branches."""
