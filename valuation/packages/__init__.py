"""Rulesets as files: written so that two exports differ where the rules do, read whole or not at all.

A package holds what people wrote and nothing of this database: no ids, no times of rows. `content` is that, as plain
data. `stored` makes it of rows, `reading` of files (`legacy` of those of the earlier system), and `writing` makes the
text of a file. Since all of them give the same content, installing is a comparison (`planning`) and as many writes as
there are differences (`installing`). `folders` keeps a directory of files and the database in step.
"""
