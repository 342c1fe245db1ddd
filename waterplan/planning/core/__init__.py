"""The compiled core: what the planner asks thousands of times, in C++, behind a plain C interface."""
