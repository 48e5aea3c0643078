"""Timeline + frame number -> picture planes. Pure."""
