"""Compare RCSLSAligner with the original program, alignment/align.py of fastText.

Both get the same unit-length problem: the same words, the same dictionary pairs, the same
learning rate and the same number of updates. The original runs as it is, in its own process, on
text files; its output is cached, so that only our side runs again:

    python benchmarks/parity_rcsls.py SHARED/data FASTTEXT/alignment --cache FOLDER

P@1 is a percentage of the test pairs, over the whole target vocabulary; *unseen* are the pairs
neither word of which is in the training dictionary. CPU seconds are those of the optimization,
without reading and writing files; peak memory is that of the whole process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from _measure import update_section
from _originals import HEADER, arguments
from _problem import Problem, figures

from sklearn_instamap.linear import RCSLSAligner


def _cpu_seconds(pid: int) -> float:
    """CPU seconds a running process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_mib() -> float:
    """Peak memory of this process (Linux).

    Not getrusage's, which starts from what the parent had when it made this process.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def _environment() -> dict[str, str]:
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **one}


def run_original(
    problem: Problem, program: Path, cache: Path, rate: float, n_iter: int
) -> tuple[np.ndarray, dict]:
    """Run align.py unless its output is cached; return its mapped source and its costs."""
    stem = cache / f"{problem.pair}-lr{rate:g}-n{n_iter}"
    costs, mapped = stem.with_suffix(".json"), stem.with_suffix(".npy")
    if not costs.exists():
        problem.export(cache)
        output = stem.with_suffix(".vec")
        command = [sys.executable, "align.py"]
        command += ["--src_emb", cache / f"{problem.source}.vec"]
        command += ["--tgt_emb", cache / f"{problem.target}.vec"]
        command += ["--dico_train", cache / f"{problem.pair}.train.txt"]
        command += ["--dico_test", cache / f"{problem.pair}.test.txt"]
        command += ["--output", output, "--lr", f"{rate:g}", "--niter", str(n_iter)]
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=program,
            env=_environment(),
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        losses, clock = [], []
        for line in child.stdout:
            # The program flushes after its start and after every update: read the clock there.
            if line.startswith("[init") or " f = " in line:
                clock.append(_cpu_seconds(child.pid))
            if " f = " in line:
                losses.append(float(line.rpartition(" f = ")[2]))
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"align.py failed on {problem.pair} with status {status}.")
        np.save(mapped, np.loadtxt(output, skiprows=1, usecols=range(1, 301), comments=None))
        output.unlink()
        report = {"cpu_s": clock[-1] - clock[0], "peak_mib": usage.ru_maxrss / 1024}
        costs.write_text(json.dumps({**report, "losses": losses}))
    return np.load(mapped).astype(np.float32), json.loads(costs.read_text())


def run_ours(problem: Problem, data: Path, cache: Path, rate: str, n_iter: int) -> tuple:
    """Fit our aligner in its own process; return both mapped spaces and its costs."""
    output = cache / f"{problem.pair}-ours.npz"
    command = [sys.executable, __file__, "--fit", problem.pair, str(output), str(data)]
    subprocess.run([*command, rate, str(n_iter)], env=_environment(), check=True)
    with np.load(output) as saved:
        mapped = saved["source"], saved["target"]
        report = {name: saved[name] for name in ("cpu_s", "peak_mib", "losses", "rate")}
    output.unlink()
    return *mapped, report


def fit_ours(pair: str, output: Path, data: Path, rate: str, n_iter: int) -> None:
    """What the process of `run_ours` does."""
    problem = Problem(data, pair)
    source = problem.vectors[problem.source]
    target = problem.vectors[problem.target]
    aligner = RCSLSAligner(learning_rate=rate if rate == "auto" else float(rate), n_iter=n_iter)
    started = time.process_time()
    aligner.fit(
        source[problem.train[:, 0]],
        target[problem.train[:, 1]],
        source_space=source,
        target_space=target,
    )
    cpu = time.process_time() - started
    mapped = aligner.transform(source), aligner.transform_target(target)
    np.savez(
        output,
        source=mapped[0],
        target=mapped[1],
        cpu_s=cpu,
        peak_mib=_peak_mib(),
        losses=aligner.loss_history_,
        rate=aligner.learning_rate_,
    )


def main() -> None:
    """Run both programs on each pair and print the table."""
    parser = arguments(__doc__, "alignment/ of a fastText checkout")
    parser.add_argument("--rate", type=float, default=1.0, help="learning rate of both")
    parser.add_argument("--niter", type=int, default=10, help="the original's; makes one more")
    parser.add_argument("--auto", action="store_true", help="also our own choice of the rate")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)

    rows, apart = [HEADER], 0.0
    for pair in options.pairs:
        problem = Problem(options.data, pair)
        mapped, costs = run_original(
            problem, options.program, options.cache, options.rate, options.niter
        )
        reached = figures(problem, mapped, problem.vectors[problem.target])
        rows.append(_row(pair, f"fastText, lr {options.rate:g}", reached, costs))
        runs = [(f"{options.rate:g}", options.niter + 1)]
        if options.auto:
            runs.append(("auto", RCSLSAligner().n_iter))
        for rate, n_iter in runs:
            source, target, ours = run_ours(problem, options.data, options.cache, rate, n_iter)
            label = f"ours, lr {float(ours['rate']):g}" + (" (auto)" if rate == "auto" else "")
            rows.append(_row(pair, label, figures(problem, source, target), ours))
            if rate != "auto":
                losses = ours["losses"][: options.niter + 1]
                apart = max(apart, np.abs(np.array(costs["losses"]) - losses).max())
    update_section(
        "RCSLS against the original",
        f"{options.niter + 1} updates at equal rates, one BLAS thread; losses at most {apart:.0e} "
        f"apart. ``auto``: the rate chosen on held-out training pairs, {RCSLSAligner().n_iter} "
        "updates. CPU seconds of the optimization, the choice of the rate included; peak memory of "
        "the whole process, the original reading text in float64.\n\n" + "\n".join(rows),
    )


def _row(pair: str, label: str, reached: list[float], costs: dict) -> str:
    numbers = " | ".join(f"{figure:.1f}" for figure in reached)
    cpu, peak = float(costs["cpu_s"]), float(costs["peak_mib"])
    row = f"| {pair} | {label} | {numbers} | {cpu:.1f} | {peak:.0f} |"
    print(row, file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_ours(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
    else:
        main()
