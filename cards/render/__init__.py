"""One module per way of drawing a card; none of them knows another."""
