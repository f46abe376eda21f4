"""Operations of one iteration of InstaMap by the number of words, from the formulas above it."""

import matplotlib.pyplot as plt
import numpy as np

n_words = np.geomspace(5_000, 2_000_000, 50)
d = 300
curves = [
    ("both spaces with each other", 2 * n_words**2 * d, "-", "#D55E00"),
    ("all words with 60,000 pairs", 4 * n_words * 60_000 * d, "--", "#0072B2"),
    ("all words with 5,000 pairs", 4 * n_words * 5_000 * d, ":", "#0072B2"),
]
figure, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
for name, operations, line, color in curves:
    ax.plot(n_words, operations / 1e9, line, color=color, linewidth=2)
    ax.annotate(
        name,
        (n_words[-1], operations[-1] / 1e9),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=color,
        annotation_clip=False,
    )
ax.set(xscale="log", yscale="log")
ticks = [5_000, 20_000, 50_000, 200_000, 2_000_000]
ax.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
ax.minorticks_off()
ax.set_xlabel("Words of each space")
ax.set_ylabel("Billions of operations")
ax.grid(color="0.9")
ax.spines[["top", "right"]].set_visible(False)
