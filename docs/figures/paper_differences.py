"""What methods of the paper add to VecMap, pair by pair."""

from sklearn_instamap.plotting import MethodComparisonDisplay
from sklearn_instamap.results import BenchmarkResults, load_paper_results

rows = load_paper_results().rows
shown = rows[rows["method"].isin(["VecMap", "PROC", "InstaMap", "IM∘VM"])]
MethodComparisonDisplay.from_selection(BenchmarkResults(shown).select(), "VecMap")
