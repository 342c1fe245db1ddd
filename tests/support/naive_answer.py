"""One pair's best answer to a price, slow and obvious: the linear programme of its steps, solved by scipy.

The twin of :func:`waterplan.planning.planner.answer.ask`. It is the model of naive.py with one product in one
province, no limit on the whole and pools that never run dry; what a counted cubic metre is worth stands in the
objective.
"""

from dataclasses import replace

import naive
import numpy as np


class OnePair:
    """A product in a province and what it can do; asked for its answer to any price."""

    def __init__(self, study, levers, product, province, values=None):
        nothing = {
            "saving_target": 0.0,
            "investment_cap": np.inf,
            "electricity_cap": np.inf,
            "sector_floor": np.zeros_like(levers.sector_floor),
            "province_floor": np.zeros_like(levers.province_floor),
            "technology_floor": np.zeros_like(levers.technology_floor),
            "technology_cap": np.ones_like(levers.technology_cap),
        }
        tables = naive.Tables(study, replace(levers, **nothing), values)
        assert tables.mean_stress >= 0  # a mean over all pairs: to be known before the others go
        tables.pairs = [(product, province)]
        tables.table["supply_potential"] = dict.fromkeys(tables["supply_potential"], 1e9)
        self.problem = naive._problem(tables)
        self.counted = np.zeros(len(self.problem.decisions))
        for number, saving in naive._counted(self.problem).items():
            self.counted[number] = saving
        self.cost = np.array([decision.cost for decision in self.problem.decisions])

    def profit(self, price):
        """The most that the pair can earn at a price of counted water [MCNY/a]."""
        found = self.problem.solve(self.cost - price * self.counted)
        assert found.status == 0, found.message
        return -found.fun
