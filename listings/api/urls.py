from __future__ import annotations

from rest_framework.routers import SimpleRouter

from listings.api.views import ListingViewSet

router = SimpleRouter(trailing_slash=False)
router.register("v1/listings", ListingViewSet, basename="listing-api")

urlpatterns = router.urls
