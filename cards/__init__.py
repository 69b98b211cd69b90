"""What Golive shows: neutral cards, the words on them, and how each platform draws them."""
