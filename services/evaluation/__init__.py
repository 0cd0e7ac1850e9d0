"""Evaluation: the roster, observations on the H-TESS rubric, student growth, summative ratings."""
