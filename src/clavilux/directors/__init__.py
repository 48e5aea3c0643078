"""PLUGINS: a song's analysis becomes a render spec with the help of a language model.

What is sent and bought is decided here as it is for pictures: money is set aside before a call, and
an answer that was paid is kept. What a model says changes pictures and nothing else.
"""
