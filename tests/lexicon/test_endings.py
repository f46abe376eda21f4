"""What endings tell, against the plain definition by counting."""

from __future__ import annotations

import numpy as np

from sklearn_instamap.lexicon._endings import EndingAssociation

SOURCE = ["walking", "talking", "houses", "mice", "go"]
TARGET = ["gehen", "reden", "hauser", "maus", "ab", "rufen"]
PAIRS = [(0, 0), (1, 1), (2, 2), (0, 5)]


def by_hand(source: str, target: str, length: int) -> tuple[float, float]:
    ending = target[-length:]
    distinct = {word[-length:] for word in TARGET}
    share = (sum(word[-length:] == ending for word in TARGET) + 0.5) / (
        len(TARGET) + 0.5 * len(distinct)
    )
    probability = share
    for letters in (0, 1, 2, 3):
        given = [
            TARGET[j] for i, j in PAIRS if not letters or SOURCE[i][-letters:] == source[-letters:]
        ]
        together = sum(word[-length:] == ending for word in given)
        probability = (together + 5 * probability) / (len(given) + 5)
        if not letters:
            of_any = probability
    return np.log(of_any / share), np.log(probability / of_any)


def test_endings_by_definition():
    rows, columns = (np.array(side) for side in zip(*PAIRS, strict=True))
    endings = EndingAssociation(SOURCE, TARGET, rows, columns)
    source, target = np.array([0, 3, 4, 2]), np.array([1, 4, 3, 5])
    found = list(endings.features(source, target).values())
    assert len(found) == 8
    for pair, (s, t) in enumerate(zip(source, target, strict=True)):
        for length in (1, 2, 3, 4):
            values = [column[pair] for column in found[2 * length - 2 : 2 * length]]
            np.testing.assert_allclose(values, by_hand(SOURCE[s], TARGET[t], length), atol=1e-5)
    # Base forms end in -en here: such a target is likelier than the vocabulary says.
    assert found[2][0] > 0 > found[2][1]
