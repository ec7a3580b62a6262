"""The daily canary of a deployment: it checks Gemini; a rater that measures needs none."""

from shared.rating.rate import RateApp


def run_canary(app: RateApp, delivery: str) -> None:
    """Run the canary if the deployed rater is Gemini. Raises Transient and LeaseHeld."""
    rater = app.raters(None)
    if rater is None or not rater.condition.startswith("gemini"):
        return
    from shared.rating.gemini.canary import CanaryApp, canary

    canary(rater, CanaryApp(app.lake, app.lease, app.clock), delivery)
