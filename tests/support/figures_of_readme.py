"""Check figures of the second part of the shipped study's README."""

# baseline, counted from, target, levers: the line that comes anyway, planned, cost, price, investment
BASELINES_TOLD = (
    ("frozen", "frozen", 2000, {}, (20406.132, 18406.132, 432.3692, 1.0592, 12722.2)),
    ("turnover", "frozen", 2000, {}, (19697.507, 18406.132, -0.2682, 0.9540, 8033.7)),
    ("turnover", "baseline", 1000, {}, (19697.507, 18697.507, -253.2454, 0.8346, 4782.7)),
    ("market", "frozen", 2000, {}, (17951.983, 17947.981, -0.9810, 0, 65.0)),
    ("market", "frozen", 3000, {}, (17951.983, 17406.132, 629.3812, 1.8668, 4369.7)),
    ("market", "baseline", 1000, {}, (17951.983, 16951.983, 1707.9992, 3.0788, 9136.0)),
    ("market", "frozen", 2000, {"water_tax": 1.0}, (17359.561, 17358.393, -0.2759, 0, 19.1)),
)
