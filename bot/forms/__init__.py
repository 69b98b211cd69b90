"""Forms as pages, for platforms whose messages have none: `/form/<signed token>`."""
