"""Texts -> what they say of a machine, and nothing else. Stdlib only; nothing of Django, nothing of ours.

How a title is read. The text is folded: one sort of dash, quote and space, one character for one, so that places stay.
Then each reader takes its words and blanks them, so that none is read twice, in this order:

1. Processors: a full model name, of the form its family has. A family alone is no processor.
2. Graphics: integrated ones by a list of names, then cards by a pattern a family.
3. The operating system and the screen.
4. Memory and drives: sizes and the words beside them, paired all together (`capacities`).
5. Whether it is a machine at all, how many, its maker, model, form and condition.

A choice ("8/16GB", "i5 or i7", "up to 4TB") is no fact: nothing is said, and a flag is raised. Where an `Index` of a
catalog's names is given, a part is given its name there, or the nearest three to ask about.

A cell of a column is read by the same readers, told what the column is of: `read_memory`, `read_drives`, `read_cpu`,
...
"""

from .columns import CpuReading, read_cpu
from .conditions import NEW, REFURB, USED, State, read_state
from .drives import Drive, Drives, read_drives, read_medium
from .gpus import Graphics, is_integrated, read_graphics
from .index import How, Index, Match
from .keys import part_key
from .machines import Machine, read_brand
from .memory import Memory, read_memory
from .offers import Lot, read_filler
from .screens import read_screen
from .systems import System, read_system
from .texts import fold, is_empty
from .title import Recognition, recognise

__all__ = [
    "NEW",
    "REFURB",
    "USED",
    "CpuReading",
    "Drive",
    "Drives",
    "Graphics",
    "How",
    "Index",
    "Lot",
    "Machine",
    "Match",
    "Memory",
    "Recognition",
    "State",
    "System",
    "fold",
    "is_empty",
    "is_integrated",
    "part_key",
    "read_brand",
    "read_cpu",
    "read_drives",
    "read_filler",
    "read_graphics",
    "read_medium",
    "read_memory",
    "read_screen",
    "read_state",
    "read_system",
    "recognise",
]
