"""Matrix products whose last bit does not depend on how many threads a machine has.

BLAS splits long sums among threads, and float addition is not associative. `einsum` adds in one
order; it is slower, but no product here takes more than some hundredths of a second.
"""

import numpy as np

from shared.insights.statistics.resampling import FloatArray


def crossed(a: FloatArray, b: FloatArray) -> FloatArray:
    """aᵀ b for columns of the same rows: (n, p) and (n, q) give (p, q), (n,) gives (p,)."""
    rows = np.ascontiguousarray(a.T)
    if b.ndim == 1:
        vector: FloatArray = np.einsum("ik,k->i", rows, b)
        return vector
    matrix: FloatArray = np.einsum("ik,jk->ij", rows, np.ascontiguousarray(b.T))
    return matrix


def applied(x: FloatArray, beta: FloatArray) -> FloatArray:
    """x · beta for every row: (n, p) and (p,) give (n,), (p, q) gives (n, q)."""
    product: FloatArray = np.einsum("ki,i...->k...", x, beta)
    return product


def signed_sums(rows: FloatArray) -> FloatArray:
    """Σ ± row for all signs of which the first is +: (m, …) gives (2^(m - 1), …).

    The opposite signs would give the opposite sums. Without rows there is one sum, of zero.
    """
    sums = np.zeros((2 ** max(0, len(rows) - 1), *rows.shape[1:]))
    if len(rows):
        sums[0] = rows[0]
    for at, row in enumerate(rows[1:]):
        plus, minus = sums[: 2**at], sums[2**at : 2 ** (at + 1)]
        np.subtract(plus, row, out=minus)
        plus += row
    return sums


def solved(matrix: FloatArray, values: FloatArray) -> FloatArray:
    """matrix⁻¹ values. Raises numpy.linalg.LinAlgError for a singular matrix."""
    return np.asarray(np.linalg.solve(matrix, values), dtype=np.float64)
