"""What commands use beside the public names, each written once: ``names.py`` reads this file."""

from waterplan.report.pages.explanation import overview_page as overview_page
from waterplan.report.pages.explanation import technology_page as technology_page
from waterplan.report.pages.plan_page import certificate_line as certificate_line
from waterplan.report.pages.plan_page import judge_line as judge_line
from waterplan.study.outline import read_outline as read_outline
from waterplan.study.study import shipped as shipped
