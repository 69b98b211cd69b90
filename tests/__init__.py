"""Stories that hold Golive to its word."""
