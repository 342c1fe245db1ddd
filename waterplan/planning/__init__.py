"""From a question to its certified answer, and why it is so: model, planner, plans, curves, batches, uncertainty."""
