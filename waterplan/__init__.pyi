"""The public names of waterplan, each written once: where it lives. ``__init__.py`` reads this file."""

from waterplan.base import errors as errors
from waterplan.base import vocabulary as vocabulary
from waterplan.planning import curve as curve
from waterplan.planning import explain as explain
from waterplan.planning.batch.design import Design as Design
from waterplan.planning.batch.engine import run_batch as run_batch
from waterplan.planning.batch.export import save_runs as save_runs
from waterplan.planning.batch.export import write_run as write_run
from waterplan.planning.batch.runs_dataset import open_runs as open_runs
from waterplan.planning.explain.ways_out import ways_out as ways_out
from waterplan.planning.plan.binding import what_binds as what_binds
from waterplan.planning.plan.comparison import compare as compare
from waterplan.planning.plan.dataset import plan_variables as plan_variables
from waterplan.planning.plan.plan import Plan as Plan
from waterplan.planning.planner.planner import Planner as Planner
from waterplan.planning.planner.question import answer as answer
from waterplan.planning.planner.question import confirm as confirm
from waterplan.planning.planner.question import solve as solve
from waterplan.planning.uncertainty.robust import Robust as Robust
from waterplan.planning.uncertainty.robust import open_answers as open_answers
from waterplan.planning.uncertainty.robust import reach as reach
from waterplan.planning.uncertainty.robust import robust as robust
from waterplan.plants.measures.contract import shared_savings as shared_savings
from waterplan.plants.pool.pool import PeerPool as PeerPool
from waterplan.plants.records.reader import read_records as read_records
from waterplan.plants.records.template import write_template as write_template
from waterplan.plants.standing.benchmark import benchmark as benchmark
from waterplan.plants.standing.benchmark_files import write_benchmark as write_benchmark
from waterplan.plants.standing.goal import Goal as Goal
from waterplan.plants.standing.standing import Standing as Standing
from waterplan.plants.standing.standing import plant_standing as plant_standing
from waterplan.plants.standing.standing import plant_year as plant_year
from waterplan.report import charts as charts
from waterplan.report.documents.plant_report import write_plant_report as write_plant_report
from waterplan.report.documents.report_files import write_report as write_report
from waterplan.report.pages.plan_page import plan_page as plan_page
from waterplan.report.pages.plants_page import plant_page as plant_page
from waterplan.report.pages.plants_page import plants_page as plants_page
from waterplan.report.pages.robust_page import robust_page as robust_page
from waterplan.study.scenario import Scenario as Scenario
from waterplan.study.scenario import open_scenario as open_scenario
from waterplan.study.scenario import scenario_files as scenario_files
from waterplan.study.study import Study as Study
from waterplan.study.study import open_study as open_study

__version__: str
