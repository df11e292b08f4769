"""Rulesets as they stand: what each rule does to the inventory, which say nothing, and how that went on by day."""
