"""EDGE: who else may hear the beats, in place of the built-in tracker."""
