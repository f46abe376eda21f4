from ._topk import top_k


def csls_means(source, target, k=10, *, n_jobs=None):
    return (
        top_k(source, target, min(k, len(target)), n_jobs=n_jobs)[0].mean(axis=1),
        top_k(target, source, min(k, len(source)), n_jobs=n_jobs)[0].mean(axis=1),
    )
