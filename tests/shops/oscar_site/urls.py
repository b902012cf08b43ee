"""Oscar's own pages, and the ones that it lacks."""
# mypy: disable-error-code="import-untyped"
# (Django has no types)

from django.apps import apps
from django.conf import settings
from django.urls import include, path
from django.views.static import serve

from tests.shops.oscar_site import books, pages

urlpatterns = [
    path("contact/", pages.contact, name="contact"),
    path(
        "accounts/order-status/<str:number>/<str:key>/return/",
        pages.request_return,
        name="request-return",
    ),
    path("books/messages", books.messages),
    path("books/api/charges", books.charges),
    path("books/api/orders", books.orders),
    path("books/api/void/<str:number>", books.void),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
