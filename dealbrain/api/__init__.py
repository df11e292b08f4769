"""What every endpoint shares: the shape of errors and lists, ordering, parameters, permissions. Imports no app."""
