"""Why the plan is as it is, what it rests on, and what to relax when there is none."""
