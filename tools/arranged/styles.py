"""What a groove's name says about the music: its tempo, its harmony, how often to choose it.

MMA's grooves carry no tempo. Ranges are beats a minute of the tactus (the dotted quarter in
compound time) at which each style is usually played.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """`harmony` is a family of progressions, see `songs.harmony`; `band` who plays."""

    slowest: float
    fastest: float
    harmony: str
    weight: float = 1.0
    band: str = "band"
    """"band", "electronic", "jazz", "latin" or "folk"."""


STYLES: tuple[tuple[str, Style], ...] = (
    ("boggiewoggie", Style(125, 175, "blues", 0.8, "jazz")),
    ("boogie", Style(110, 165, "blues", 1.5)),
    ("boggie", Style(110, 165, "blues", 1.5)),
    ("16shuffle", Style(64, 104, "blues", 1.5)),
    ("happyshuffle", Style(64, 104, "pop", 1.0)),
    ("shuffle", Style(85, 150, "blues", 2.0)),
    ("shfl", Style(85, 150, "blues", 1.5)),
    ("fastjazzwaltz", Style(150, 200, "jazz", 0.4, "jazz")),
    ("fastbigband", Style(160, 205, "jazz", 0.5, "jazz")),
    ("fastwaltz", Style(150, 195, "folk", 0.5, "folk")),
    ("fastswing", Style(150, 200, "jazz", 0.5, "jazz")),
    ("fastblues", Style(130, 180, "blues", 0.8)),
    ("fasttwist", Style(140, 180, "rock", 0.8)),
    ("jazzwaltz", Style(100, 180, "jazz", 0.7, "jazz")),
    ("vienesewaltz", Style(140, 185, "classical", 0.5, "folk")),
    ("waltz", Style(84, 170, "folk", 1.0, "folk")),
    ("slowrock", Style(56, 84, "rock", 1.5)),
    ("slowblues", Style(56, 84, "blues", 1.0)),
    ("slowjazz", Style(60, 90, "jazz", 0.6, "jazz")),
    ("slowcountry", Style(64, 96, "folk", 0.8, "folk")),
    ("slow", Style(58, 92, "pop", 0.7)),
    ("ballad", Style(56, 92, "pop", 1.3)),
    ("bald", Style(58, 94, "pop", 1.2)),
    ("arpeggio", Style(60, 120, "pop", 0.6)),
    ("serenade", Style(65, 98, "classical", 0.5, "folk")),
    ("lullaby", Style(62, 96, "folk", 0.4, "folk")),
    ("hymn", Style(66, 104, "classical", 0.3, "folk")),
    ("ambient", Style(66, 116, "pop", 0.8, "electronic")),
    ("trip", Style(66, 100, "groove", 1.2, "electronic")),
    ("hip", Style(72, 108, "groove", 1.5, "electronic")),
    ("dnb", Style(156, 180, "dance", 1.5, "electronic")),
    ("trance", Style(126, 148, "dance", 2.0, "electronic")),
    ("techno", Style(118, 150, "dance", 2.0, "electronic")),
    ("rave", Style(126, 160, "dance", 1.5, "electronic")),
    ("latinhouse", Style(116, 132, "latin", 1.2, "electronic")),
    ("house", Style(114, 134, "dance", 2.0, "electronic")),
    ("dance", Style(108, 138, "dance", 2.0, "electronic")),
    ("electricpop", Style(100, 140, "pop", 2.0, "electronic")),
    ("discosoul", Style(104, 130, "groove", 1.5)),
    ("boneym", Style(104, 134, "pop", 1.5)),
    ("metal", Style(100, 180, "metal", 1.5)),
    ("mtl", Style(100, 180, "metal", 1.5)),
    ("thr", Style(150, 205, "metal", 1.0)),
    ("hrk", Style(90, 160, "rock", 2.0)),
    ("punk", Style(140, 200, "rock", 1.5)),
    ("latinfusion", Style(90, 140, "latin", 0.8, "latin")),
    ("lfusion", Style(90, 140, "latin", 0.8, "latin")),
    ("fusion", Style(84, 132, "groove", 1.0)),
    ("16fus", Style(84, 132, "groove", 1.0)),
    ("fus16", Style(84, 132, "groove", 1.0)),
    ("funk", Style(84, 124, "groove", 1.5)),
    ("motown", Style(100, 140, "groove", 1.0)),
    ("soul", Style(80, 126, "groove", 1.2)),
    ("reggae", Style(66, 96, "pop", 1.0)),
    ("ska", Style(110, 165, "pop", 1.0)),
    ("jazzrock", Style(90, 140, "jazz", 0.8)),
    ("jazzrhumba", Style(90, 130, "latin", 0.4, "latin")),
    ("jazzbossa", Style(100, 150, "latin", 0.5, "latin")),
    ("jazzcountry", Style(100, 150, "jazz", 0.5, "jazz")),
    ("bebop", Style(140, 205, "jazz", 0.5, "jazz")),
    ("jazz", Style(90, 180, "jazz", 0.6, "jazz")),
    ("bigband", Style(90, 160, "jazz", 0.6, "jazz")),
    ("westernswing", Style(120, 180, "folk", 0.5, "folk")),
    ("swing", Style(96, 170, "jazz", 0.6, "jazz")),
    ("foxtrot", Style(96, 150, "jazz", 0.4, "jazz")),
    ("polkafox", Style(96, 150, "folk", 0.3, "folk")),
    ("polka", Style(100, 170, "folk", 0.4, "folk")),
    ("quickstep", Style(130, 200, "jazz", 0.4, "jazz")),
    ("march", Style(96, 132, "classical", 0.3, "folk")),
    ("twist", Style(130, 176, "rock", 1.0)),
    ("twi", Style(130, 176, "rock", 0.6)),
    ("blues", Style(70, 140, "blues", 1.2)),
    ("blus", Style(70, 140, "blues", 1.0)),
    ("bossa", Style(96, 152, "latin", 0.7, "latin")),
    ("samba", Style(84, 130, "latin", 0.6, "latin")),
    ("salsa", Style(84, 112, "latin", 0.6, "latin")),
    ("mambo", Style(84, 120, "latin", 0.5, "latin")),
    ("merengue", Style(110, 150, "latin", 0.4, "latin")),
    ("chacha", Style(100, 132, "latin", 0.5, "latin")),
    ("rhumba", Style(92, 132, "latin", 0.4, "latin")),
    ("bolero", Style(72, 112, "latin", 0.4, "latin")),
    ("beguine", Style(100, 132, "latin", 0.4, "latin")),
    ("calypso", Style(96, 150, "latin", 0.5, "latin")),
    ("tango", Style(100, 134, "latin", 0.4, "latin")),
    ("afro", Style(84, 130, "latin", 0.5, "latin")),
    ("latin", Style(90, 134, "latin", 0.7, "latin")),
    ("quando", Style(100, 140, "latin", 0.4, "latin")),
    ("cuban", Style(88, 130, "latin", 0.4, "latin")),
    ("son", Style(90, 130, "latin", 0.4, "latin")),
    ("bluegrass", Style(100, 150, "folk", 0.7, "folk")),
    ("dixie", Style(120, 190, "jazz", 0.4, "jazz")),
    ("ragtime", Style(80, 130, "jazz", 0.3, "jazz")),
    ("charleston", Style(140, 200, "jazz", 0.3, "jazz")),
    ("evansish", Style(90, 150, "jazz", 0.4, "jazz")),
    ("broadway", Style(90, 150, "jazz", 0.4, "jazz")),
    ("showtune", Style(100, 160, "jazz", 0.4, "jazz")),
    ("softshoe", Style(80, 124, "jazz", 0.3, "jazz")),
    ("strut", Style(90, 130, "jazz", 0.4, "jazz")),
    ("jive", Style(130, 180, "blues", 0.6)),
    ("zydeco", Style(110, 170, "folk", 0.6, "folk")),
    ("spiritual", Style(70, 112, "folk", 0.4, "folk")),
    ("country", Style(84, 140, "folk", 1.0, "folk")),
    ("cntr", Style(84, 150, "folk", 1.0, "folk")),
    ("western", Style(90, 150, "folk", 0.6, "folk")),
    ("folk", Style(80, 136, "folk", 1.0, "folk")),
    ("desert", Style(80, 120, "folk", 0.6, "folk")),
    ("2beatp", Style(96, 150, "folk", 0.5, "folk")),
    ("worldpop", Style(90, 124, "pop", 1.2)),
    ("pop", Style(88, 140, "pop", 2.0)),
    ("rock", Style(88, 160, "rock", 2.0)),
    ("16beat", Style(76, 116, "pop", 2.0)),
    ("beat16", Style(76, 116, "pop", 2.0)),
    ("8beat", Style(84, 140, "pop", 2.0)),
    ("beat8", Style(84, 150, "pop", 2.0)),
    ("highfive", Style(90, 140, "pop", 1.0)),
    ("mide", Style(84, 130, "latin", 0.4, "latin")),
    ("r+b", Style(76, 112, "groove", 1.2)),
    ("rb", Style(76, 112, "groove", 1.2)),
    ("rnb", Style(76, 112, "groove", 1.2)),
)  # fmt: skip
"""The first keyword found in a groove file's name counts."""
OTHER = Style(84, 136, "pop", 0.6)
COMPOUND = (48.0, 96.0)
"""Dotted quarters a minute of 6/8 in two, whatever the style."""


def style_of(name: str) -> Style:
    """The style of a groove file, from its name."""
    return next((style for word, style in STYLES if word in name.lower()), OTHER)
