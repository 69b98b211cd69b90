"""What Golive must hold, measured: `python -m benchmarks`, or `make bench`."""
