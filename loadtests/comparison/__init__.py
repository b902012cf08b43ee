"""Two runs side by side: capacity, response times, and what more machines changed."""
