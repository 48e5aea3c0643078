"""Pictures from one's own ComfyUI. Read seller.py first."""

from clavilux.providers.comfyui.seller import ComfyUI

__all__ = ["ComfyUI"]
