"""Local servers that speak the wire formats of sellers of pictures, strictly, and can fail.

`from providers.fakes.openai import FakeOpenAI` in any test; `python -m providers.fakes openai` with
this folder's grandparent on the path for a server that outlives its client.
"""
