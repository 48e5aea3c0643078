"""A song from nothing, in the order in which a studio works.

The `score` is laid out in time (`arrangement`) and its chords are voiced (`harmony`). `synthesis`
has what `drums` and `instruments` are built of; those who play them read the score (`drumming`,
`playing`) and lay sounds on the channels of the mixer (`mixing`).
"""
