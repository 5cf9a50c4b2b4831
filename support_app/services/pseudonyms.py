"""Suggests pseudonyms, so that nobody has to come up with one that does not give them away."""

from random import Random

WORDS = {
    "en": (
        ("Quiet", "Gentle", "Amber", "Silver", "Early", "Soft", "Clear", "Steady", "Mossy", "Bright", "Slow", "Woollen"),
        ("River", "Robin", "Willow", "Harbour", "Lantern", "Meadow", "Pebble", "Kestrel", "Maple", "Cloud", "Otter", "Fern"),
    ),
    "de": (
        ("Leise", "Sanfte", "Frühe", "Helle", "Stille", "Weiche", "Klare", "Warme", "Kleine", "Ruhige", "Bunte", "Silberne"),
        ("Amsel", "Weide", "Laterne", "Wiese", "Welle", "Wolke", "Linde", "Eule", "Birke", "Muschel", "Brise", "Kastanie"),
    ),
}


def suggest(language: str, random: Random) -> str:
    """A name of two words and a number."""
    first, second = WORDS.get(language, WORDS["en"])
    return f"{random.choice(first)} {random.choice(second)} {random.randint(10, 99)}"
