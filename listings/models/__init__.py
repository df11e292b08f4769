from listings.models.listing import Listing, ListingComponent
from listings.models.origins import ListingOrigin
from listings.models.prices import ExchangeRate, PriceRecord

__all__ = ["ExchangeRate", "Listing", "ListingComponent", "ListingOrigin", "PriceRecord"]
