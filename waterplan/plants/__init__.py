"""Single plants: their records, norms, peers, the pool, and what each could do next."""
