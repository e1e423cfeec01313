"""Other ways to answer the same search, to measure ours against: each gives count, facet counts, 20 cards, 500 points."""
