"""A platform in the browser: one project group and its people, for trying everything out."""
