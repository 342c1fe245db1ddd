"""A plan recomputed from the study's tables alone: merges and groupbys, no optimiser, no module of the model.

tables > coefficients > decisions > accounts, limits > certificate.
"""

from waterplan.plan.certificate.certificate import Certificate, Line, certify, examine
from waterplan.plan.certificate.limits import Limit

__all__ = ["Certificate", "Limit", "Line", "certify", "examine"]
