"""Charts as pure functions: results in, an ECharts option with its table and its words out."""

from skillsim.report.charts.base import Chart
from skillsim.report.charts.changes import difference_bars, waterfall
from skillsim.report.charts.decisions import chance_by_year, ranked_bars, tornado, trade_off
from skillsim.report.charts.flows import cohort_sankey, destinations_bars, entry_sankey, graduates_sankey, stocks, wave
from skillsim.report.charts.lines import fan, probability_curve
from skillsim.report.charts.market import gap_heatmap, programme_bars

__all__ = [
    "Chart", "chance_by_year", "cohort_sankey", "destinations_bars", "difference_bars", "entry_sankey", "fan", "gap_heatmap",
    "graduates_sankey", "probability_curve", "programme_bars", "ranked_bars", "stocks", "tornado", "trade_off",
    "waterfall", "wave",
]
