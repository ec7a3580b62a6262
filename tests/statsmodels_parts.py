"""The parts of statsmodels that judge our fits.

`statsmodels.api` would also import its figures and time series, for half a second of CPU.
"""

from statsmodels.genmod import families
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS, WLS
from statsmodels.tools.tools import add_constant

__all__ = ["GEE", "GLM", "OLS", "WLS", "add_constant", "families"]
