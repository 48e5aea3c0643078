"""The words that a request may be made of. Several words may be one; the longest wins."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "scope", "missing", "rest", "except", "more", "less", "off", "amount", "filler", "break",
    "effect", "look", "color", "style", "scene", "energy", "tier", "transition", "retry", "stills",
    "tempo", "beats", "bars", "meter", "text", "number", "seconds", "milliseconds",
    "field", "later", "half", "double", "keep", "hero", "thing", "word",
]  # fmt: skip

Meaning = tuple[Kind, object]

Vocabulary = dict[tuple[str, ...], Meaning]
"""Words in lower case -> what they mean together."""

_FILLERS = """
a about all an and/or animation are as be become because beat beats bit by can change colors colours
could do does feel feeling feels for from get give go going have here how i i'd i'm id if in into is
it it's its just kind let let's like look looking looks made make makes me mood more-or-less my
need needs now of on onto our part parts picture pictures please put section sections set shall
should show showing so some something strength that the their them there these they thing things
this those through to tone tones turn use using video want we whole will with would you your at
during effect effects palette color colour style scene tier add bring dominated dominant mainly
mostly really quite kindly rather only anywhere any all
love prefer wish maybe perhaps hit hits
"""
FILLERS = frozenset(_FILLERS.split())
"""Words that change nothing about a request."""

BREAKS = ("and", "but", "then", "also", "plus", ",", ";", ".", "&", "while", "or", "yet")

MORE = ("more", "stronger", "increase", "increased", "up", "raise", "heavier", "add more", "boost")
LESS = (
    "less", "weaker", "reduce", "reduced", "decrease", "down", "lower", "lighter on", "softer on",
    "tone down", "fewer", "not so", "not as", "not too", "too much", "too",
)  # fmt: skip
OFF = (
    "no", "without", "off", "remove", "disable", "drop the", "get rid of", "turn off", "zero",
    "stop", "delete", "kill", "erase",
)  # fmt: skip
AMOUNTS: dict[str, float] = {
    "a bit": 0.5, "a little": 0.5, "a little bit": 0.5, "slightly": 0.5, "somewhat": 0.7,
    "a touch": 0.4, "much": 1.8, "a lot": 1.8, "way": 1.8, "far": 1.8, "very": 1.5, "even": 1.0,
    "extremely": 2.2, "totally": 2.2, "completely": 2.2,
}  # fmt: skip

EFFECTS: dict[str, str] = {
    "zoom": "ken_burns", "zooming": "ken_burns", "camera": "ken_burns",
    "camera movement": "ken_burns", "camera moves": "ken_burns", "ken burns": "ken_burns",
    "pan": "ken_burns", "glow": "bloom", "glowing": "bloom", "halo": "bloom",
    "colour pulse": "pulse", "color pulse": "pulse", "pulses": "pulse", "pulsing": "pulse",
    "flash": "pulse", "flashes": "pulse", "flashing": "pulse", "depth": "parallax",
    "film grain": "grain", "grainy": "grain", "grainier": "grain",
    "noise": "grain", "dark corners": "vignette",
    "vignetting": "vignette", "fringes": "aberration", "chromatic aberration": "aberration",
    "rgb split": "aberration", "beat zoom": "punch", "kick": "punch", "punches": "punch",
}  # fmt: skip
"""What people call the built-in effects, beside their names."""

LOOKS: dict[str, str] = {
    "dark": "darker", "darker": "darker", "dim": "darker", "dimmer": "darker", "moody": "darker",
    "moodier": "darker", "gloomy": "darker", "gloomier": "darker", "darken": "darker",
    "bright": "brighter", "brighter": "brighter", "light": "brighter", "lighter": "brighter",
    "sunny": "brighter", "sunnier": "brighter", "brighten": "brighter",
    "warm": "warmer", "warmer": "warmer", "warmth": "warmer", "hot": "warmer",
    "hotter": "warmer", "cool": "cooler", "cooler": "cooler",
    "cold": "cooler", "colder": "cooler", "icy": "cooler",
    "neon": "neon", "electric": "neon", "neons": "neon", "pastel": "pastel", "pastels": "pastel",
    "vivid": "vivid", "vibrant": "vivid", "saturated": "vivid", "saturation": "vivid",
    "colorful": "vivid", "colourful": "vivid", "more colour": "vivid", "more color": "vivid",
    "richer": "vivid", "muted": "muted", "desaturated": "muted", "faded": "muted", "dull": "muted",
    "pale": "muted", "paler": "muted", "washed out": "muted", "contrast": "contrast",
    "contrasty": "contrast", "hazy": "soft", "foggy": "soft", "flat": "soft",
    "dreamy": "soft", "dreamier": "soft", "misty": "soft", "ethereal": "soft", "hazier": "soft",
    "pop": "vivid", "popping": "vivid", "punchier": "contrast", "contrastier": "contrast",
    "black and white": "gray", "monochrome": "gray", "greyscale": "gray", "grayscale": "gray",
}  # fmt: skip
OPPOSITE: dict[str, str] = {
    "darker": "brighter", "brighter": "darker", "warmer": "cooler", "cooler": "warmer",
    "neon": "muted", "pastel": "vivid", "vivid": "muted", "muted": "vivid",
    "contrast": "soft", "soft": "contrast", "gray": "vivid",
}  # fmt: skip
LOOK_WORDS: dict[str, str] = {
    "neon": "neon glow", "pastel": "soft pastel tones", "gray": "black and white",
    "soft": "soft haze",
}  # fmt: skip
"""What an image model is told besides the palette."""

ENERGY: dict[str, int] = {
    "slow": -1, "slower": -1, "slow down": -1, "calm": -1, "calmer": -1, "quieter": -1,
    "gentle": -1, "gentler": -1, "softer": -1, "soft": -1, "relaxed": -1, "still": -1,
    "fast": 1, "faster": 1, "speed up": 1, "quicker": 1, "wild": 1, "wilder": 1, "livelier": 1,
    "lively": 1, "energy": 1, "energetic": 1, "intense": 1, "intensity": 1, "dynamic": 1,
    "movement": 1, "motion": 1, "stronger": 1, "harder": 1, "crazier": 1, "calm down": -1,
    "busy": 1, "busier": 1, "hectic": 1, "chaotic": 1, "frantic": 1, "explode": 1, "explosive": 1,
    "powerful": 1, "aggressive": 1, "epic": 1, "hypnotic": -1, "peaceful": -1, "restful": -1,
    "subdued": -1, "subtler": -1, "subtle": -1, "slow-motion": -1, "speed": 1,
}  # fmt: skip

TIERS: dict[str, int] = {
    "ai video": 3, "ai videos": 3, "ai clips": 3, "video clips": 3, "tier 3": 3, "use video": 3,
    "use videos": 3, "ai animation": 3,
    "stills": 2, "images": 2, "photos": 2, "keyframes": 2, "still pictures": 2, "tier 2": 2,
    "still images": 2, "ai images": 2, "ai pictures": 2, "moving scene": 1, "moving scenes": 1,
    "the moving scene": 1, "scene in motion": 1, "scenes in motion": 1, "procedural": 1,
    "procedural scene": 1, "procedural visuals": 1, "tier 1": 1,
}  # fmt: skip

TRANSITIONS: dict[str, str] = {
    "cut": "cut", "hard cut": "cut", "cuts": "cut", "dissolve": "dissolve", "fade": "dissolve",
    "crossfade": "dissolve", "cross dissolve": "dissolve", "cross fade": "dissolve",
    "morph": "morph", "melt": "morph", "hard cuts": "cut", "fades": "dissolve",
    "dissolves": "dissolve",
    "crossfades": "dissolve", "morphs": "morph", "smoother transitions": "dissolve",
    "smooth transitions": "dissolve", "soft transitions": "dissolve",
    "softer transitions": "dissolve", "transitions smoother": "dissolve",
    "transitions softer": "dissolve", "hard transitions": "cut", "harder transitions": "cut",
    "transitions harder": "cut", "sharp transitions": "cut", "sharper transitions": "cut",
    "transitions sharper": "cut",
}  # fmt: skip

THINGS = (
    "people", "faces", "text", "letters", "logos", "animals", "cars", "hands", "humans", "persons",
    "crowds", "buildings", "watermarks",
)  # fmt: skip
"""What a picture can be told to be without."""
HERO = (
    "hero", "hero picture", "hero image", "hero still", "hero shot", "strongest picture",
    "strongest image", "best picture",
)  # fmt: skip
KEEP = ("keep", "leave", "keep as is", "leave alone")

RETRY = (
    "retry", "redo", "again", "another picture", "other pictures", "another image", "new picture",
    "new pictures", "different picture", "different pictures", "try again", "regenerate", "reroll",
    "another one", "something else", "new image", "new images", "different image",
    "different images", "other images", "fresh picture", "fresh pictures", "fresh images",
    "another look", "new stills",
)  # fmt: skip

TEXTS: dict[str, str] = {
    "prompt": "prompt", "theme": "theme", "mood": "mood", "title": "title",
    "global style": "global_style", "quality words": "quality", "subject": "theme",
}  # fmt: skip

EVERYWHERE = (
    "everywhere", "everything", "whole video", "the whole video", "whole song", "entire video",
    "the entire video", "the entire song", "the whole thing", "throughout", "all sections",
    "every section", "all of it", "overall", "in general", "the video", "the song",
)  # fmt: skip
REST = ("everywhere else", "everything else", "the rest", "all others", "the others", "elsewhere")
EXCEPT = ("except", "except for", "but not", "but for", "apart from", "other than", "not in")

SECTION_NAMES: dict[str, str] = {
    "verse": "verse", "chorus": "chorus", "refrain": "chorus", "hook": "chorus",
    "pre-chorus": "pre-chorus", "pre chorus": "pre-chorus", "prechorus": "pre-chorus",
    "bridge": "bridge", "solo": "solo", "drop": "drop", "intro": "intro", "opening": "intro",
    "beginning": "intro", "outro": "outro", "ending": "outro", "coda": "outro", "end": "outro",
    "instrumental": "instrumental", "interlude": "instrumental", "break": "instrumental",
    "breakdown": "bridge", "middle eight": "bridge", "middle 8": "bridge",
    "buildup": "pre-chorus", "build-up": "pre-chorus", "guitar solo": "solo",
}  # fmt: skip
"""What people call the parts of a song -> what their labels begin with."""

PLURALS = {"chorus": "choruses"}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

EXAMPLES = (
    "make the chorus more neon",
    "slower in the bridge",
    "less grain everywhere",
    "no bloom in verse 2",
    "the second verse red and gold",
    "neon city style for the drop",
    "use stills for the intro",
    "cut into the chorus",
    'chorus prompt = "rain on glass, wide lens"',
    "another picture for the bridge",
    "chorus 2 like chorus 1",
    "split verse 2 in half",
)
