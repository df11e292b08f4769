"""Settings, urls and what the apps share.

Our matrices are small: threads of the linear algebra library wait for each other longer than they work, ten times as
long where other processes want the cores too, and their number would show in the last digits of what is estimated.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
