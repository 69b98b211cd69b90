"""From what people type to what they mean: pure functions, no network, no model."""
