"""Use cases of evaluation, a module for each kind. None of them commits: the edge opens and closes the transaction."""
