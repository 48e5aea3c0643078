"""RenderSpec + Analysis -> Timeline. Pure; all memory of the past lives here."""
