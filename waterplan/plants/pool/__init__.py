"""The pool of peers: plant-years of many owners, of which only frozen, rounded deciles are told (docs/peers.md)."""
