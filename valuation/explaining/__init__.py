"""Why a listing is worth what it is: lines of an explanation, and rules in words."""
