"""Oscar's checkout with a payment step of our own, since Oscar ships none."""
