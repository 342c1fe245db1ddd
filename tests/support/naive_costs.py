"""What capacity costs and what saved water earns, slow and obvious: see tests/support/naive.py."""


def investment(tables, t):
    return tables["investment_per_m3"][t] * tables.lever("technology_cost_scale", t, "technologies")


def _annuity(rate, lifetime):
    """The yearly payment that repays 1: one over the sum of the discount factors of its years."""
    whole = int(lifetime)
    if whole == lifetime:
        return 1 / sum((1 + rate) ** -year for year in range(1, whole + 1))
    return rate / (1 - (1 + rate) ** -lifetime) if rate else 1 / lifetime


def capacity_cost(tables, t, product, province):
    levers, sector = tables.levers, tables.sector[product]
    enterprise = levers.perspective == "enterprise"
    rate = levers.hurdle_rate if enterprise else levers.discount_rate
    allocated = tables.joint[t] and levers.cost_accounting == "water_share"
    paid = _annuity(rate, tables["lifetime"][t]) * investment(tables, t)
    if enterprise:
        paid *= 1 - tables.lever("investment_subsidy", sector, "sectors")
    barrier = levers.barrier_cost if enterprise else 0.0
    if allocated:
        return paid * tables["water_share"][t] + tables["running_cost_water_share"][t] + barrier
    carbon = levers.carbon_price / 1000
    heat = tables["heat_per_m3"][t] * (tables.one("heat_price") + carbon * tables.one("heat_emission_factor"))
    electricity = tables["electricity_price"][province] * levers.electricity_price_scale
    electricity += carbon * tables["grid_emission_factor"][province]
    running = tables["running_cost_per_m3"][t] + heat + tables["electricity_per_m3"][t] * electricity
    return paid + running + barrier


def credit(tables, product, province, effluent_share):
    """What a cubic metre not withdrawn earns."""
    levers, sector = tables.levers, tables.sector[product]
    public, sewer = tables["public_supply_share"][sector], tables["sewer_share"][sector]
    price, fee = tables["water_price"][province], tables["resource_fee"][province]
    intake, treatment = tables.one("own_intake_cost"), tables.one("effluent_treatment_cost")
    earned = 0.0
    if levers.scarcity_value:
        earned = levers.scarcity_value * min(tables["water_stress"][province], 1.0) / tables.mean_stress
    if levers.perspective == "enterprise":
        earned += public * price * levers.water_price_scale + (1 - public) * (fee + intake) + levers.water_tax
        earned += effluent_share * (sewer * tables["sewage_fee"][province] + (1 - sewer) * treatment)
    elif levers.perspective == "society":
        earned += public * price + (1 - public) * intake + effluent_share * treatment
    return earned
