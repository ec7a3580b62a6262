"""The daily canary of a deployment: Gemini sings, a rater that measures has nothing to tell."""

from shared.rating.rate import RateApp


def run_canary(app: RateApp, delivery: str) -> None:
    """Have the deployed rater sing, if it is Gemini. Raises Transient and LeaseHeld."""
    rater = app.raters(None)
    if rater is None or not rater.condition.startswith("gemini"):
        return
    from shared.rating.gemini.canary import CanaryApp, canary

    canary(rater, CanaryApp(app.lake, app.lease, app.clock), delivery)
