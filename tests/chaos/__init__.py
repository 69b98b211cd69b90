"""What `make chaos` breaks, each with a short form in the suite."""
