"""Pictures by a diffusion model on this machine: see providers/diffusers.py for the whole.

Nothing here imports torch or diffusers before a picture is made: they take seconds, and are an
extra that need not be there.
"""
