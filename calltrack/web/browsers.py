"""A browser in words, from what it says of itself: enough for its owner to know it again."""

_KINDS = (
    ("edg", "Edge"), ("opr/", "Opera"), ("samsungbrowser", "Samsung Internet"), ("firefox", "Firefox"),
    ("fxios", "Firefox"), ("crios", "Chrome"), ("chromium", "Chromium"), ("chrome", "Chrome"), ("safari", "Safari"),
    ("curl", "curl"), ("python", "a program"),
)  # fmt: skip
_SYSTEMS = (
    ("iphone", "an iPhone"), ("ipad", "an iPad"), ("android", "Android"), ("windows", "Windows"),
    ("mac os", "a Mac"), ("cros", "ChromeOS"), ("linux", "Linux"),
)  # fmt: skip


def browser_words(said: str | None) -> str:
    """`Mozilla/5.0 (Windows NT 10.0...) ... Chrome/130...` -> Chrome on Windows. The first that fits wins: each says
    that it is all those before it."""
    told = (said or "").casefold()
    kind = next((name for mark, name in _KINDS if mark in told), "")
    system = next((name for mark, name in _SYSTEMS if mark in told), "")
    if kind and system:
        return f"{kind} on {system}"
    return kind or (f"A browser on {system}" if system else "An unknown browser")


def way_words(way: str) -> str:
    """How somebody signed in."""
    return {"provider": "your company's account"}.get(way, way)
