"""From "something changed" to "every figure is right": one step a file.

marking says what is stale and leaves hints of it, looking finds it, covering what an edit of rules touches, rulebook
loads rows into specs and a cached program, facts loads listings into a batch, writer stores figures (with reading and
copying, which are close to the drivers), valuing takes a page of listings through the three, shards cuts a run into
parts that any number of workers take, run starts runs and works on them. The stamps make it safe: the revision is read
*before* the rules, a listing's version *with* its own facts and *before* its parts, and the writer refuses a batch
whose revision has moved on. So an edit that lands anywhere in between leaves its row stale, and the run goes on until
nothing is.
"""
