"""Models as data: their cards, and the store that holds their verified files."""
