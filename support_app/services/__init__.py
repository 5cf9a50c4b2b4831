"""What the product does, as plain functions. No Flask here; every transaction begins and ends here."""
