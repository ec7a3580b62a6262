"""Whether the model was shown the frames that were asked for, by the tokens that it counted.

The API may take `fps` and sample one frame a second all the same (googleapis/python-genai issue
1100, open in 2026-11). A clip of 10 s at 4 frames a second is then rated from 10 frames, not 40.
"""

from shared.rating.gemini.estimate import expected
from shared.rating.gemini.question import GeminiCondition
from shared.rating.gemini.reading import usage
from shared.rating.gemini.wire import Wire

TOLERANCE = 0.25
"""Of the expected tokens: a header's duration, and what the API counts beside a frame, may differ
by some percent. An `fps` that is ignored is off by half or more, except below 4/3 a second."""

SLACK_FRAMES = 2
"""At both ends of a clip a frame may fall in or out, which is much of a clip of a second."""


def fps_not_honoured(response: Wire, duration_s: float | None, under: GeminiCondition) -> bool:
    """Whether the video tokens of an answer miss the frames that were asked for, in either way.

    False for what cannot be told: an unknown duration, no answer, no tokens by modality.
    """
    counted = response.get("usageMetadata")
    has_details = isinstance(counted, dict) and bool(counted.get("promptTokensDetails"))
    if duration_s is None or not has_details or not response.get("candidates"):
        return False
    request = expected(duration_s, False, under)
    slack = SLACK_FRAMES * request.video_tokens // request.frames
    difference = abs(usage(response).video_tokens - request.video_tokens)
    return difference > max(TOLERANCE * request.video_tokens, slack)
