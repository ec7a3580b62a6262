"""The models: where they are offered and what they accept, as of 2026-11.

Source: the model lifecycle and thinking pages of the Agent Platform documentation. A model that is
not here is retired or never was, which the API does not tell apart.
"""

from dataclasses import dataclass

from tests.stand_ins.gemini.errors import Refused

_MULTI_REGIONS = frozenset({"global", "us", "eu"})


@dataclass(frozen=True, slots=True)
class Model:
    """`regional`: offered in single regions too. `minimal`: thinks at MINIMAL.

    `sampled`: heeds temperature, top-p and top-k, which later models ignore. `terse`: refuses a
    schema that it does not serve without a word of why (seen of these in public incidents).
    """

    regional: bool = False
    minimal: bool = False
    sampled: bool = False
    terse: bool = False


MODELS = {
    "gemini-4-argon": Model(),
    "gemini-3.8-flash": Model(terse=True),
    "gemini-3.7-flash": Model(),
    "gemini-3.6-flash": Model(minimal=True),
    "gemini-3.5-flash-lite": Model(minimal=True),
    "gemini-3.5-flash": Model(regional=True, sampled=True),
    "gemini-3.1-flash-lite": Model(regional=True, minimal=True, sampled=True, terse=True),
    "gemini-3.1-pro-preview": Model(sampled=True, terse=True),
    "gemini-3-flash-preview": Model(sampled=True, terse=True),
}


def offered(name: str, location: str) -> Model:
    """The model at this location. Raises Refused (404) for one that is not offered there."""
    model = MODELS.get(name)
    if model is None or not (model.regional or location in _MULTI_REGIONS):
        raise Refused(
            404,
            f"Publisher Model `publishers/google/models/{name}` was not found in {location} or "
            "your project does not have access to it.",
        )
    return model
