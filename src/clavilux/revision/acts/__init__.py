"""What a wish does to a spec.

changing.py takes the wishes that clauses hold; section_requests.py the sentences of a fixed form.
"""
