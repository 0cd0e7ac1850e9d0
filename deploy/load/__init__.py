"""`make load`: how much the product takes, what one more costs as it grows, and what limits each figure.

Each figure stands beside a floor of the same run. `docs/load.md` and its pictures are written from what was measured.
"""
