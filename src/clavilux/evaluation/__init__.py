"""How good an analysis is, against what people noted of the same song."""
