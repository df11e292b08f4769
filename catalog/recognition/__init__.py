"""Reading what people write about computers: texts in, names of parts and choices out. No Django, no database."""
