"""From the words of an item to a vector: what it says of itself, and the facts about it."""
