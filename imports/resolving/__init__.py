"""Records into outcomes: what each column decides, what each cell says, and what has to be asked. No database here."""
