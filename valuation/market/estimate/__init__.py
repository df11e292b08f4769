"""What the inventory itself says a machine is worth: numpy alone, no database and no Django.

The algorithm, in the order of its modules (docs/market.md tells it for people):

1. `offers`: listings as columns. `gating`: which of them count, why others do not, and how much each counts.
2. `terms`: the columns of the estimate. Steps of memory, storage and age, straight pieces of the marks, a column for
   each common label, one for what is not stated.
3. `solving`: price = base + sum of dollars, fitted to the logarithm of price over fit, which a few absurd prices
   cannot move, within bounds that keep more memory from being worth less.
4. `fitting`: at most forty rules in round dollars, with an interval for each.
5. `neighbours`: what comparable offers say that the rules do not.
6. `spread`: how far off all that was for offers it had not seen, and from this an interval that can be relied on.
7. `grading`: what a price means beside it. `calibrating` puts it together, or says why there is too little to go by.
"""
