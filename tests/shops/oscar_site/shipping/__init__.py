"""Oscar's shipping with deliveries that cost something."""
