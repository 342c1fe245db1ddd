"""The fast exact way to a plan: every product-province pair answers a price; HiGHS on the full model is the judge."""
