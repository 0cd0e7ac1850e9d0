"""Use cases of the slo service, one function a command. The edge opens and commits the transaction.

`writing` is the educator's part, `reviewing` the reviewer's; `loading` takes past years in, `reading` shows, `roster`
learns who people are; `access` decides whose SLO it is, for all of them.
"""
