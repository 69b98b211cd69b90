"""One file per table (or small family of tables): the table and the repository over it."""
