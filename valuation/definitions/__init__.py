"""What custom fields mean to rules: who names them, and what may not be changed under a rule."""
