"""Checks of parameters, before any data is touched: constraints are declared, one wording says.

An estimator declares ``_parameter_constraints`` as scikit-learn's own do, one list of allowed
kinds of value per parameter. :func:`check_parameters` reads them, of an estimator and of all that
is inside it. Functions check their arguments by the same constraints.
"""

from __future__ import annotations

import numbers
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.utils import check_random_state

# Those named twice are for other modules to import from here.
from sklearn.utils._param_validation import HasMethods as HasMethods
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils._param_validation import InvalidParameterError as InvalidParameterError
from sklearn.utils._param_validation import Options, validate_parameter_constraints
from sklearn.utils._param_validation import StrOptions as StrOptions

from sklearn_instamap._wording import alternatives, kind_of, named


class Interval(_Interval):
    """Numbers between two bounds; True, False and fractions are not numbers."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is one of them."""
        # NumPy, by which the bounds are tested, knows no fractions.
        is_number = isinstance(val, int | float | np.number) and not isinstance(val, bool)
        return is_number and super().is_satisfied_by(val)


class Several(Interval):
    """One-dimensional sequences, not empty, of numbers between two bounds."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is such a sequence."""
        if isinstance(val, str) or np.ndim(val) != 1:
            return False
        return len(val) > 0 and all(super(Several, self).is_satisfied_by(each) for each in val)

    def __str__(self) -> str:
        return f"a sequence of values, each {super().__str__()}"


class SequenceOf(Options):
    """Sequences of some strings, in any order, repeated or left out."""

    def __init__(self, options: Collection[str]) -> None:
        super().__init__(str, set(options))

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is such a sequence."""
        return (
            isinstance(val, Sequence)
            and not isinstance(val, str)
            and all(isinstance(each, str) and each in self.options for each in val)
        )

    def __str__(self) -> str:
        return f"a sequence of {' and '.join(repr(each) for each in sorted(self.options))}"


def integers(left: int | None, right: int | None = None) -> Interval:
    """Return the constraint of the integers from one to another, both included; None is open."""
    ends = {(False, False): "both", (False, True): "left", (True, False): "right"}
    closed = ends.get((left is None, right is None), "neither")
    return Interval(numbers.Integral, left, right, closed=closed)


def reals(left: float | None, right: float | None = None, closed: str = "left") -> Interval:
    """Return the constraint of the finite numbers between two bounds, the left one included."""
    return Interval(numbers.Real, left, right, closed=closed)


# Constraints that many estimators share.
N_JOBS: list[Any] = [integers(1), integers(None, -1), None]
RANDOM_STATE: list[Any] = [integers(0, 2**32 - 1), np.random.RandomState, None]
NORMALIZATION: list[Any] = [SequenceOf(("center", "unit"))]
SHARED_SPACE: list[Any] = [StrOptions({"both", "target"})]
MUTUAL_SIMILARITY: list[Any] = [StrOptions({"cosine", "csls"})]


def check_parameters(estimator: Any) -> None:
    """Refuse an estimator with a parameter, its own or of a step inside it, that cannot be.

    Its ``_parameter_constraints`` are looked at if it declares any, then those of the estimators
    among its parameters and in its ``steps``. A method ``_check_parameter_combinations`` says what
    no constraint of a single parameter can. The error names the parameter, and the step it is in.
    """
    if get_config()["skip_parameter_validation"]:
        return
    constraints = getattr(estimator, "_parameter_constraints", None)
    if constraints is not None:
        validate_parameter_constraints(
            constraints, estimator.get_params(deep=False), type(estimator).__name__
        )
    if hasattr(estimator, "_check_parameter_combinations"):
        estimator._check_parameter_combinations()
    for place, inner in _inner_estimators(estimator):
        try:
            check_parameters(inner)
        except InvalidParameterError as error:
            raise InvalidParameterError(f"In {place}: {error}") from None


def _inner_estimators(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the estimators among an estimator's parameters, and how to call their places."""
    owner = type(estimator).__name__
    for name, value in estimator.get_params(deep=False).items():
        if _is_estimator(value):
            yield f"{name} of {owner}", value
        elif name in ("steps", "aligners") and isinstance(value, list | tuple):
            for place, step in enumerate(value):
                if isinstance(step, tuple) and len(step) == 2 and _is_estimator(step[1]):
                    yield f"step {step[0]!r} of {owner}", step[1]
                elif _is_estimator(step):
                    yield f"{name}[{place}] of {owner}", step


def _is_estimator(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def check_option(name: str, value: Any, allowed: Iterable[Any]) -> None:
    """Refuse a value which is not one of the allowed ones; 1 is not True, `numpy.True_` is."""
    options = list(allowed)
    if not any(_kind(value) is _kind(option) and value == option for option in options):
        raise invalid(name, alternatives(options), value)


def _kind(value: Any) -> type:
    if isinstance(value, bool | np.bool_):
        return bool
    return str if isinstance(value, str) else type(value)


def check_number(name: str, value: Any, allowed: Interval) -> None:
    """Refuse a value which is not a number of an interval: `integers` or `reals`."""
    if not allowed.is_satisfied_by(value):
        raise invalid(name, str(allowed), value)


def several(given: Any) -> list[Any]:
    """Return one value or several as a list; a text and an array of no dimension are one."""
    is_one = np.isscalar(given) or isinstance(given, type)
    if is_one or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        return [given]
    return list(given)


def check_flag(name: str, value: Any) -> bool:
    """Refuse a value which is neither True nor False, as Python takes "no" and nan for True."""
    check_option(name, value, (True, False))
    return bool(value)


def check_kind(name: str, value: Any, kind: type) -> None:
    """Refuse a value which is not an object of a class."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {kind_of(value)}.")


def check_n_jobs(n_jobs: Any) -> None:
    """Refuse an invalid number of threads."""
    if n_jobs is not None and not any(each.is_satisfied_by(n_jobs) for each in N_JOBS[:2]):
        raise invalid("n_jobs", "None or an int that is not 0", n_jobs)


def check_seed(random_state: Any, name: str = "random_state") -> np.random.RandomState:
    """Return the generator that a seed makes, or refuse an invalid seed."""
    is_seed = RANDOM_STATE[0].is_satisfied_by(random_state)
    if not (random_state is None or is_seed or isinstance(random_state, np.random.RandomState)):
        raise invalid(name, "None, an int of at least 0 or a RandomState", random_state)
    return check_random_state(random_state)


def check_count(name: str, value: Any) -> int:
    """Refuse a value which is not an integer of at least 1."""
    check_number(name, value, integers(1))
    return int(value)


def check_dtype(dtype: Any) -> np.dtype:
    """Refuse a type which is not float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise invalid("dtype", "float32 or float64", dtype) from None
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise invalid("dtype", "float32 or float64", str(found))
    return found


def invalid(name: str, wanted: str, value: Any, owner: str | None = None) -> InvalidParameterError:
    """Return the error that says what a parameter must be, in scikit-learn's words."""
    subject = f"The {name!r} parameter{'' if owner is None else f' of {owner}'}"
    if owner is None and named(name) != name:
        subject = named(name)
    return InvalidParameterError(f"{subject} must be {wanted}. Got {value!r} instead.")
