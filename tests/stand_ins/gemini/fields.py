"""The names that the API knows: fields in camelCase, types and enum values (v1beta1, 2026-11)."""

REQUEST = frozenset(
    {
        "contents",
        "systemInstruction",
        "generationConfig",
        "safetySettings",
        "tools",
        "toolConfig",
        "cachedContent",
        "serviceTier",
        "continuationToken",
    }
)
ONLY_VERTEX = frozenset({"labels", "modelArmorConfig", "outputConfig"})
ONLY_DEVELOPER = frozenset({"store"})
CONFIG = frozenset(
    {
        "temperature",
        "topP",
        "topK",
        "candidateCount",
        "maxOutputTokens",
        "stopSequences",
        "responseLogprobs",
        "logprobs",
        "presencePenalty",
        "frequencyPenalty",
        "seed",
        "responseMimeType",
        "responseSchema",
        "responseJsonSchema",
        "responseModalities",
        "mediaResolution",
        "speechConfig",
        "audioTimestamp",
        "thinkingConfig",
        "imageConfig",
        "audioTranscriptionConfig",
        "routingConfig",
        "modelConfig",
    }
)
PART = frozenset(
    {
        "text",
        "fileData",
        "inlineData",
        "videoMetadata",
        "mediaResolution",
        "mediaProcessing",
        "thought",
        "thoughtSignature",
        "functionCall",
        "functionResponse",
        "executableCode",
        "codeExecutionResult",
    }
)
SCHEMA = frozenset(
    {
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "default",
        "items",
        "minItems",
        "maxItems",
        "enum",
        "properties",
        "propertyOrdering",
        "required",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "example",
        "anyOf",
        "additionalProperties",
        "ref",
        "defs",
    }
)
TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
LEVELS = frozenset({"MINIMAL", "LOW", "MEDIUM", "HIGH"})
RESOLUTIONS = frozenset(
    {
        "MEDIA_RESOLUTION_UNSPECIFIED",
        "MEDIA_RESOLUTION_LOW",
        "MEDIA_RESOLUTION_MEDIUM",
        "MEDIA_RESOLUTION_HIGH",
    }
)
PART_RESOLUTIONS = RESOLUTIONS | {"MEDIA_RESOLUTION_ULTRA_HIGH"}
THRESHOLDS = frozenset(
    {"OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"}
)
VIDEO_TYPES = frozenset(
    {
        "video/x-flv",
        "video/quicktime",
        "video/mpeg",
        "video/mpegs",
        "video/mpg",
        "video/mp4",
        "video/webm",
        "video/wmv",
        "video/3gpp",
    }
)
