"""Did the model see the requested frames? Checked by the video tokens that it counted.

The API may accept `fps` and still sample one frame per second (googleapis/python-genai issue
1100, open in 2026-11). A clip of 10 s at 4 frames per second is then rated from 10 frames, not 40.
"""

from shared.rating.gemini.estimate import estimate_call
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.reading import usage
from shared.rating.gemini.wire import Wire

TOLERANCE = 0.25
"""Share of the expected tokens. The header's duration and what the API counts beside frames vary by
some percent. An ignored `fps` is off by half or more, except below 4/3 per second."""

SLACK_FRAMES = 2
"""At each end of a clip a frame may be in or out, which matters in a clip of one second."""


def fps_not_honoured(response: Wire, duration_s: float | None, under: GeminiCondition) -> bool:
    """Whether an answer's video tokens differ from the requested frames, up or down.

    False where it is unknown: no duration, no answer, or no tokens by modality.
    """
    counted = response.get("usageMetadata")
    has_details = isinstance(counted, dict) and bool(counted.get("promptTokensDetails"))
    if duration_s is None or not has_details or not response.get("candidates"):
        return False
    request = estimate_call(duration_s, False, under)
    slack = SLACK_FRAMES * request.video_tokens // request.frames
    difference = abs(usage(response).video_tokens - request.video_tokens)
    return difference > max(TOLERANCE * request.video_tokens, slack)
