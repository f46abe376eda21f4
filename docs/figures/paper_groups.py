"""Table 1 of the paper as a picture."""

import matplotlib.pyplot as plt

from sklearn_instamap.results import load_paper_results

table = load_paper_results().select().by_group(n_best_pairs=0).frame * 100
table = table.sort_values("ALL")
figure, axes = plt.subplots(ncols=5, figsize=(9, 2.8), sharey=True, layout="constrained")
for ax, group in zip(axes, table.columns, strict=True):
    best = table[group].max()
    for row, value in enumerate(table[group]):
        color = "#0072B2" if value == best else "0.55"
        ax.plot(value, row, "o", color=color, markersize=5)
        ax.annotate(
            f"{value:.1f}",
            (value, row),
            (0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=color,
        )
    low, high = table[group].min(), best
    ax.set_xlim(low - 0.25 * (high - low) - 1, high + 0.25 * (high - low) + 1)
    ax.set_title(group, loc="left", fontsize=10)
    ax.grid(axis="y", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(axis="x", labelsize=8)
axes[0].set_yticks(range(len(table)), labels=table.index)
axes[0].set_ylim(-0.5, len(table) - 0.3)
axes[2].set_xlabel("P@1 (%)")
