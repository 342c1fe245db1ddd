"""Records of plants made by hand, and the slow way to weigh every set of technologies that one can have."""

from itertools import combinations, product

import numpy as np
import pandas as pd

from waterplan.plants.records.records import Records

YEAR = 2017


def records_of(products, province="middle", surface=0.0, ground=0.0, public=0.0, in_place=(), shares=(), tariffs=None):
    """One plant "mill"; products: {product: (output, withdrawal or None)}; in_place: (product, technology)."""
    site = {
        "plant": "mill", "year": YEAR, "owner": "owner", "province": province, "withdrawal_surface": surface,
        "withdrawal_ground": ground, "withdrawal_public_supply": public, "withdrawal_purchased": np.nan,
    } | {f"plant_{name}": value for name, value in (tariffs or {}).items()}  # fmt: skip
    key = {"plant": "mill", "year": YEAR}
    made = [
        key | {"product": name, "route": "", "variant": "", "output": output, "withdrawal": water}
        for name, (output, water) in products.items()
    ]
    return Records(
        sites=pd.DataFrame([site]).set_index(["plant", "year"]),
        products=pd.DataFrame(made).astype({"output": float, "withdrawal": float}),
        technologies=pd.DataFrame(
            [key | {"product": p, "technology": t} for p, t in in_place],
            columns=["plant", "year", "product", "technology"],
        ),
        end_use_shares=pd.DataFrame(
            [key | {"product": p, "end_use": e, "share": x} for p, e, x in shares],
            columns=["plant", "year", "product", "end_use", "share"],
        ),
    )


def subsets(items):
    return (chosen for n in range(len(items) + 1) for chosen in combinations(items, n))


class Naive:
    """Every set of technologies of a plant, weighed from the tables of the study alone."""

    def __init__(self, study, province, withdrawal, in_place=(), public_share=0.0, rate=0.1, lifetime=None):
        self.study, self.province, self.withdrawal = study, province, withdrawal
        self.in_place, self.public_share, self.rate, self.lifetime = set(in_place), public_share, rate, lifetime
        self.values, self.group = study.values, study.technologies["exclusive_group"]

    def crf(self, technology):
        years = self.lifetime or float(self.values["lifetime"].sel(technology=technology))
        if self.lifetime:
            return 1 / years
        return self.rate / (1 - (1 + self.rate) ** -years)

    def unit_cost(self, technology):
        v = {name: float(self.values[name].sel(technology=technology)) for name in
             ("investment_per_m3", "running_cost_per_m3", "electricity_per_m3", "heat_per_m3")}  # fmt: skip
        power = float(self.values["electricity_price"].sel(province=self.province))
        heat = float(self.values["heat_price"])
        energy = v["electricity_per_m3"] * power + v["heat_per_m3"] * heat
        return v["investment_per_m3"] * self.crf(technology) + v["running_cost_per_m3"] + energy

    def credit(self, name, end_use):
        v, r = self.values, self.province
        sewer = float(v["sewer_share"].sel(sector=self.study.products.loc[name, "sector"]))
        charge = self.public_share * float(v["water_price"].sel(province=r)) + (1 - self.public_share) * (
            float(v["resource_fee"].sel(province=r)) + float(v["own_intake_cost"])
        )
        effluent = sewer * float(v["sewage_fee"].sel(province=r)) + (1 - sewer) * float(v["effluent_treatment_cost"])
        return charge + (float(v["effluent_share"].sel(end_use=end_use)) * effluent if end_use else 0.0)

    def saves(self, technology, name, end_use):
        return float(self.values["saving_fraction"].sel(technology=technology, product=name, end_use=end_use))

    def offered(self, name, end_use, level):
        """Technologies that can be added there; what is in place blocks itself and its group."""
        listed = self.values["saving_fraction"].sel(product=name, end_use=end_use).dropna("technology")["technology"]
        names = [t for t in listed.values.tolist() if self.study.technologies.loc[t, "level"] == level]
        has = [t for t in names if (name, t) in self.in_place]
        blocked = {self.group[t] for t in has if self.group[t]}
        return [t for t in names if t not in has and self.group[t] not in blocked and self.exists(t)], has

    def exists(self, technology):
        potential = self.values["supply_potential"].sel(technology=technology)
        return bool(np.isnan(potential.values).all()) or not np.isnan(float(potential.sel(province=self.province)))

    def allowed(self, chosen):
        groups = [self.group[t] for t in chosen if self.group[t]]
        return len(groups) == len(set(groups))

    def shares(self, chosen, fractions, most=1.0):
        together = min(1 - np.prod([1 - f for f in fractions]), most)
        logs = [np.log(1 - f) for f in fractions]
        return {t: together * log / sum(logs) for t, log in zip(chosen, logs, strict=True)}

    def of_product(self, name):
        """(withdrawal, annual cost, investment) of every set of one product."""
        volume = self.withdrawal[name]
        uses = []
        share = self.values["end_use_share"].sel(product=name).dropna("end_use")
        for end_use in share["end_use"].values.tolist():
            flow = volume * float(share.sel(end_use=end_use))
            free, has = self.offered(name, end_use, "end_use")
            gross = flow / np.prod([1 - self.saves(t, name, end_use) for t in has])
            uses.append([self.at_use(name, end_use, flow, gross, c) for c in subsets(free) if self.allowed(c)])
        sites = [c for c in subsets(self.offered(name, "site", "site")[0]) if self.allowed(c)]
        sources = [c for c in subsets(self.offered(name, "site", "supply")[0]) if self.allowed(c)]
        return [
            self.whole(name, chosen, site, supply)
            for chosen in product(*uses) for site in sites for supply in sources
        ]  # fmt: skip

    def at_use(self, name, end_use, flow, gross, chosen):
        left = flow * np.prod([1 - self.saves(t, name, end_use) for t in chosen])
        capacity = {t: gross * self.saves(t, name, end_use) for t in chosen}
        cost = sum(self.unit_cost(t) * c for t, c in capacity.items()) - self.credit(name, end_use) * (flow - left)
        invested = sum(float(self.values["investment_per_m3"].sel(technology=t)) * c for t, c in capacity.items())
        return left, cost, invested

    def whole(self, name, uses, site, supply):
        left, cost, invested = (sum(part[n] for part in uses) for n in range(3))
        for chosen, credit, most in (
            (site, self.credit(name, "site"), 1.0), (supply, self.credit(name, None), 0.3),
        ):  # fmt: skip
            fractions = [min(self.saves(t, name, "site"), self.room(t)) for t in chosen]
            volumes = {t: left * share for t, share in self.shares(chosen, fractions, most).items()}
            for t, volume in volumes.items():
                cost += (self.unit_cost(t) - credit) * volume
                invested += float(self.values["investment_per_m3"].sel(technology=t)) * volume
                left -= volume
        return left, cost, invested

    def room(self, technology):
        """What the pool of a source holds, as a share of all that the plant withdraws (one technology a pool here)."""
        potential = self.values["supply_potential"].sel(technology=technology, province=self.province)
        return np.inf if np.isnan(potential) else float(potential) * 1e6 / sum(self.withdrawal.values())

    def every(self):
        """(withdrawal, cost, investment) of every set of technologies of the plant [set, measure]."""
        total = np.zeros((1, 3))
        for name in self.withdrawal:
            total = (total[:, None, :] + np.array(self.of_product(name))[None, :, :]).reshape(-1, 3)
        return total
