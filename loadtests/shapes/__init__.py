"""How hard, and when: the shapes of a run, and the arrivals that are drawn from them."""
