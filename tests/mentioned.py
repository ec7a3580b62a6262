"""Names of the erased, and texts in which they are found, for tests of Python and of RE2."""

GONE = "7300000000000000001"
NAMES = (
    *("ada.l", "eve", "марина", "花子", "straße", "Ana María", "2026", "3.5", "00z", "11", "x"),
    *("مريم", "हिन्दी", "İpek", "cats_2026", "josé", "charlie99"),
)

ENTITIES = ("&#64;", "&commat;", "&#x40;", "&amp;#64;")

FOUND = [
    ("@eve", "@[erased]"),
    ("@EVE's", "@[erased]'s"),
    ("https://www.tiktok.com/@eve/video/1", "https://www.tiktok.com/@[erased]/video/1"),
    (f"https://www.tiktok.com/@bob/video/{GONE}", "https://www.tiktok.com/@bob/video/[erased]"),
    (f"see tiktok_{GONE}.mp4", "see tiktok_[erased].mp4"),
    ("ada.l, ADA.L.", "[erased], [erased]."),
    ("größe@eve", "größe@[erased]"),
    ("＠eve", "＠[erased]"),
    ("@МАРИНА!", "@[erased]!"),
    ("@花子さんと", "@[erased]さんと"),
    ("@eveさん、ada.lさん", "@[erased]さん、[erased]さん"),
    ("@STRASSE @Straße", "@[erased] @[erased]"),
    ("hi @Ana María-x", "hi @[erased]-x"),
    ("@مريم، مرحبا", "@[erased]، مرحبا"),
    ("@हिन्दी है", "@[erased] है"),
    ("@İPEK", "@[erased]"),
    ("@jose\u0301 @JOSÉ", "@[erased] @[erased]"),
    ("@2026 @3.5 @00z @11 @x", "@[erased] @[erased] @[erased] @[erased] @[erased]"),
    ("#cats_2026 charlie99", "#[erased] [erased]"),
    ("@eve님, @eve가 ada.l씨", "@[erased]님, @[erased]가 [erased]씨"),
    ("@\u2068eve\u2069 @\u200eeve", "@\u2068[erased]\u2069 @\u200e[erased]"),
    ("@eve\u200d @eve\ufe0f", "@[erased]\u200d @[erased]\ufe0f"),
    ("https://www.tiktok.com/%40eve/live", "https://www.tiktok.com/%40[erased]/live"),
    ("&#64;eve &commat;eve &#x40;eve &amp;#64;eve", " ".join(f"{at}[erased]" for at in ENTITIES)),
    ("@&#101;v&#101;! ca&#116;s&lowbar;2026", "@[erased]! [erased]"),
    ("＠ｅｖｅ、 ａｄａ．ｌ 𝐜𝐚𝐭𝐬_𝟐𝟎𝟐𝟔", "＠[erased]、 [erased] [erased]"),
    ("@e\u200bve @\u200beve \u2060ada\ufe0f.l", "@[erased] @\u200b[erased] \u2060[erased]"),
    (r'"\u0040eve" \\u0040eve @\u0065ve', r'"\u0040[erased]" \\u0040[erased] @[erased]'),
    (r'"http:\/\/t.co\/@eve\/" "hi\nada.l"', r'"http:\/\/t.co\/@[erased]\/" "hi\n[erased]"'),
    ("＠ｅｖｅ.mp4", "＠[erased].mp4"),
    ("ｅｖｅ @ｅｖｅ_video_1.mp4", "ｅｖｅ @[erased]_video_1.mp4"),
    ("&#55;300000000000000001", "[erased]"),
]
