"""One module per way of drawing a card, and the pictures that several of them show."""
