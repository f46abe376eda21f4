"""The training of BLISS: a map that fools a discriminator, obeys a dictionary, stays orthogonal."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
# PyTorch is optional: to a type checker without it, its tensors and the module itself are Any.
Tensor = Any

_NEGATIVE_SLOPE = 0.2


class Losses(NamedTuple):
    """The four losses of one step, or their means over an epoch."""

    adversarial: float
    supervised: float
    orthogonality: float
    discriminator: float


class Discriminator:
    """Tells mapped source vectors from target vectors: two hidden layers, dropout on the input."""

    def __init__(
        self,
        torch: Any,
        n_features: int,
        hidden_units: int,
        *,
        input_dropout: float,
        dtype: Any,
        generator: Any,
    ) -> None:
        self._torch = torch
        self._generator = generator
        self._input_dropout = input_dropout
        widths = (n_features, hidden_units, hidden_units, 1)
        self.parameters: list[Tensor] = []
        for fan_in, fan_out in pairwise(widths):
            # He et al. (2015) for the weights, PyTorch's usual bound for the biases.
            for shape, bound in (((fan_out, fan_in), (6 / fan_in) ** 0.5), (fan_out, fan_in**-0.5)):
                drawn = torch.empty(shape, dtype=dtype).uniform_(-bound, bound, generator=generator)
                self.parameters.append(drawn.requires_grad_())

    def logits(self, rows: Tensor, *, training: bool = False) -> Tensor:
        """Return one number per row, positive for "this is a target vector"."""
        torch, linear = self._torch, self._torch.nn.functional.linear
        if training and self._input_dropout > 0:
            kept = torch.rand(rows.shape, dtype=rows.dtype, generator=self._generator)
            rows = rows * (kept >= self._input_dropout) / (1 - self._input_dropout)
        w1, b1, w2, b2, w3, b3 = self.parameters
        leaky_relu = torch.nn.functional.leaky_relu
        hidden = leaky_relu(linear(rows, w1, b1), _NEGATIVE_SLOPE)
        hidden = leaky_relu(linear(hidden, w2, b2), _NEGATIVE_SLOPE)
        return linear(hidden, w3, b3)[:, 0]


class BlissTrainer:
    r"""Holds the map and the discriminator, and takes their steps.

    One step is a gradient step of the map :math:`W` on each of

    .. math::
       & \mathrm{BCE}(D(x W), \text{target}) \\
       & -\frac1B \sum_{(x, y)} \Bigl(2\, x W y^\top
         - \frac1k \sum_{y' \in N(x W)} x W y'^\top
         - \frac1k \sum_{x' \in N(y)} x' W y^\top\Bigr) \\
       & -\frac1B \sum_x \cos(x W W^\top, x)

    on their own batches, each times its weight, and then several of the discriminator
    :math:`D`.

    Rows are unit vectors, most frequent words first. The first ``n_adversarial_words`` are those
    the discriminator sees, and neighbors are looked for among the first ``n_neighbor_words``; the
    weights are those of the three losses, in the order above, and the rest is as in
    :class:`BLISSAligner`.
    """

    def __init__(
        self,
        torch: Any,
        source: Array,
        target: Array,
        pairs: tuple[Array, Array],
        start: Array,
        *,
        seed: int,
        batch_size: int,
        csls_neighbors: int,
        n_discriminator_steps: int,
        label_smoothing: float,
        learning_rate: float,
        n_adversarial_words: int,
        n_neighbor_words: int,
        weights: tuple[float, float, float],
        hidden_units: int,
        input_dropout: float,
    ) -> None:
        self._torch = torch
        self._generator = torch.Generator().manual_seed(seed)
        self._source, self._target = torch.from_numpy(source), torch.from_numpy(target)
        self._near_source = self._source[:n_neighbor_words]
        self._near_target = self._target[:n_neighbor_words]
        self._pairs = torch.from_numpy(pairs[0]), torch.from_numpy(pairs[1])
        self._map = torch.from_numpy(start.copy()).requires_grad_()
        self._batch_size = batch_size
        self._csls_neighbors = csls_neighbors
        self._n_discriminator_steps = n_discriminator_steps
        self._smoothing = label_smoothing
        self._learning_rate = learning_rate
        self._n_adversarial_words = n_adversarial_words
        self._weights = weights
        self._discriminator = Discriminator(
            torch,
            target.shape[1],
            hidden_units,
            input_dropout=input_dropout,
            dtype=self._target.dtype,
            generator=self._generator,
        )

    @property
    def mapping(self) -> Array:
        """A copy of the map as it is now."""
        return self._map.detach().numpy().copy()

    def train_epoch(self, n_steps: int, learning_rate: float) -> Losses:
        """Take ``n_steps`` steps and return the mean losses.

        ``learning_rate`` is that of the two unsupervised steps of the map; those of the
        dictionary and of the discriminator keep theirs.
        """
        steps = np.array([self._step(learning_rate) for _ in range(n_steps)])
        return Losses(*steps.mean(axis=0).tolist())

    def _step(self, learning_rate: float) -> Losses:
        adversarial, supervised, orthogonality = self._weights
        return Losses(
            self._descend(self._adversarial_loss(), adversarial, learning_rate),
            self._descend(self._supervised_loss(), supervised, self._learning_rate),
            self._descend(self._orthogonality_loss(), orthogonality, learning_rate),
            sum(self._discriminate() for _ in range(self._n_discriminator_steps))
            / self._n_discriminator_steps,
        )

    def _descend(self, loss: Tensor, weight: float, learning_rate: float) -> float:
        """Move the map down the gradient of one loss."""
        (gradient,) = self._torch.autograd.grad(loss, [self._map])
        with self._torch.no_grad():
            self._map.add_(gradient, alpha=-learning_rate * weight)
        return float(loss.detach())

    def _discriminate(self) -> float:
        """Move the discriminator down the gradient of its loss on a batch of either side."""
        x = self._batch(self._source)
        y = self._batch(self._target)
        rows = self._torch.cat([x @ self._map.detach(), y])
        labels = self._torch.full(rows.shape[:1], 1 - self._smoothing, dtype=rows.dtype)
        labels[: len(x)] = self._smoothing
        loss = self._cross_entropy(self._discriminator.logits(rows, training=True), labels)
        parameters = self._discriminator.parameters
        gradients = self._torch.autograd.grad(loss, parameters)
        with self._torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.add_(gradient, alpha=-self._learning_rate)
        return float(loss.detach())

    def _adversarial_loss(self) -> Tensor:
        logits = self._discriminator.logits(self._batch(self._source) @ self._map)
        labels = self._torch.full_like(logits, 1 - self._smoothing)
        return self._cross_entropy(logits, labels)

    def _supervised_loss(self) -> Tensor:
        chosen = self._draw(len(self._pairs[0]))
        x, y = self._pairs[0][chosen], self._pairs[1][chosen]
        mapped = x @ self._map
        with self._torch.no_grad():
            # y (W^T x') = (y W^T) x': the batch is mapped back instead of all source words.
            near_targets = self._neighbor_means(mapped, self._near_target)
            near_sources = self._neighbor_means(y @ self._map.T, self._near_source)
        agreement = 2 * (mapped * y).sum()
        crowding = (mapped * near_targets).sum() + ((near_sources @ self._map) * y).sum()
        return (crowding - agreement) / len(x)

    def _neighbor_means(self, rows: Tensor, words: Tensor) -> Tensor:
        """Mean of the words with the largest inner products with each row."""
        k = min(self._csls_neighbors, len(words))
        nearest = (rows @ words.T).topk(k, dim=1, sorted=False).indices
        return words[nearest].mean(dim=1)

    def _orthogonality_loss(self) -> Tensor:
        x = self._batch(self._source)
        back = x @ self._map @ self._map.T
        return -self._torch.nn.functional.cosine_similarity(back, x).mean()

    def _batch(self, words: Tensor) -> Tensor:
        return words[self._draw(min(len(words), self._n_adversarial_words))]

    def _draw(self, n: int) -> Tensor:
        return self._torch.randint(n, (self._batch_size,), generator=self._generator)

    def _cross_entropy(self, logits: Tensor, labels: Tensor) -> Tensor:
        return self._torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
