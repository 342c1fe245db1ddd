"""Why the plan is as it is, what it rests on, and what to relax when there is none."""

from waterplan.base.late import late_names

__getattr__, __all__ = late_names(__name__, __file__)
