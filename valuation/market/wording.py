"""What is said of estimates in words, wherever it is said."""

from __future__ import annotations

from valuation.market.estimate.gating import FREE, NO_PARTS, NO_PRICE, TWIN

METHODS = {
    "constant": "one price for all",
    "log_linear": "log-linear",
    "rules": "rules",
    "rules_and_comparables": "rules and comparables",
}
# What a calibration does, in its order, by the names under which its seconds are kept.
PHASES = {
    "read": "reading the listings",
    "fit": "fitting and testing",
    "value": "valuing every listing",
    "write": "storing the figures",
}
IMPLAUSIBLE = "implausible price"
# What can be done about listings that were left out, by the reason.
ADVICE = {
    NO_PRICE: "Give them a price, or an exchange rate for the day of their price.",
    FREE: "Correct the price.",
    NO_PARTS: "Name the processor or the memory.",
    TWIN: "Nothing: the same offer counts once.",
    IMPLAUSIBLE: "Check them first: a price in another currency, a lot of several, a part and not a machine.",
}
