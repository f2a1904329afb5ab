"""The REST API: turns requests into calls of the recommender and the store, and answers as JSON."""
