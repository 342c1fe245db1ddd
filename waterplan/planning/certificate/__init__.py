"""A plan recomputed from the study's tables alone: plain numpy, no optimiser, no module of the model.

statement (of the plan), readings (of the tables' bytes) > tables > coefficients > decision_rows > stage_starts >
accounts, allowances, roll_outs, bound > market_proof > certificate.
"""

from waterplan.planning.certificate.allowances import Limit
from waterplan.planning.certificate.certificate import Certificate, Line, certify, examine
from waterplan.planning.certificate.statement import Statement

__all__ = ["Certificate", "Limit", "Line", "Statement", "certify", "examine"]
