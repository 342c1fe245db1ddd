"""A plan recomputed from the study's tables alone: merges and groupbys, no optimiser, no module of the model.

tables > coefficients > decisions > accounts, limits > certificate.
"""

from waterplan.planning.certificate.allowances import Limit
from waterplan.planning.certificate.certificate import Certificate, Line, certify, examine
from waterplan.planning.certificate.statement import Statement

__all__ = ["Certificate", "Limit", "Line", "Statement", "certify", "examine"]
