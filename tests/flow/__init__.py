"""Bad days of the recalculation, with real processes, a real PostgreSQL and a Redis of their own."""
