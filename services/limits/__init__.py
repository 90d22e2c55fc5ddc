"""How much one principal may ask in a while."""
