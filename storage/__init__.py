"""What Golive remembers: tables, their repositories and the one place that commits."""
