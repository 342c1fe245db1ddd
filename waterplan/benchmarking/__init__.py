"""Where a plant stands, and what it should do next: records, indicators, grades, peers, frontier, plan, contracts."""
