"""What a request says: sentences, known words, clauses, and the wishes that they hold.

READ FIRST: ../requests.py, which calls phrases, hints, sentences, lexing and clauses in this order.
"""
