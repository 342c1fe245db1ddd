"""The names of explain, each written once: ``__init__.py`` reads this file."""

from waterplan.planning.explain.causes import causes as causes
from waterplan.planning.explain.causes import states as states
from waterplan.planning.explain.freedom import freedom as freedom
from waterplan.planning.explain.limit_prices import binding_limits as binding_limits
from waterplan.planning.explain.other_plans import OtherPlans as OtherPlans
from waterplan.planning.explain.other_plans import lines_of as lines_of
from waterplan.planning.explain.other_plans import other_plans as other_plans
from waterplan.planning.explain.overview import Overview as Overview
from waterplan.planning.explain.overview import overview as overview
from waterplan.planning.explain.reasons import reasons as reasons
from waterplan.planning.explain.rests import rests_on as rests_on
from waterplan.planning.explain.sensitivity import basis_shares as basis_shares
from waterplan.planning.explain.sensitivity import share_by_basis as share_by_basis
from waterplan.planning.explain.sensitivity import weights as weights
from waterplan.planning.explain.ways_out import WayOut as WayOut
from waterplan.planning.explain.ways_out import ways_out as ways_out
