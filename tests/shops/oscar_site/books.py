"""The shop's books over HTTP, for the tests: mails, charges, orders; and undoing an order."""
# mypy: disable-error-code="import-untyped,misc,untyped-decorator"
# (Django and Oscar have no types, so their classes are Any)

import email
import email.policy
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from oscar.core.loading import get_model

BETWEEN_MAILS = b"\n" + b"-" * 79 + b"\n"  # Django's file backend writes several into one file


def messages(request: HttpRequest) -> JsonResponse:
    """Return the mails to an address: from, to, subject, text."""
    to = request.GET.get("to", "")
    return JsonResponse([mail for mail in _mails() if mail["to"] == to], safe=False)


def charges(request: HttpRequest) -> JsonResponse:
    """Return what was charged for an order (`reference`) or an address (`email`)."""
    sources = get_model("payment", "Source").objects.order_by("id")
    if "reference" in request.GET:
        sources = sources.filter(order__number=request.GET["reference"])
    if "email" in request.GET:
        sources = sources.filter(order__guest_email=request.GET["email"])
    rows = [
        {
            "reference": source.order.number,
            "amount_cents": int(source.amount_debited * 100),
            "refunded_cents": int(source.amount_refunded * 100),
            "status": "refunded" if source.amount_refunded else "succeeded",
        }
        for source in sources
    ]
    return JsonResponse(rows, safe=False)


def orders(request: HttpRequest) -> JsonResponse:
    """Return the orders of an address, or all of them."""
    found = get_model("order", "Order").objects.order_by("id")
    if "email" in request.GET:
        found = found.filter(guest_email=request.GET["email"])
    return JsonResponse([_row(order) for order in found], safe=False)


@csrf_exempt
@transaction.atomic
def void(request: HttpRequest, number: str) -> JsonResponse:
    """Cancel an order: money back, stock back. A second time changes nothing."""
    del request
    order = get_object_or_404(get_model("order", "Order"), number=number)
    if order.status != "Cancelled":
        order.set_status("Cancelled")
        for line in order.lines.all():
            line.stockrecord.cancel_allocation(line.quantity)
        for source in order.sources.all():
            source.refund(source.amount_debited, reference=f"re-{number}")
    return JsonResponse(_row(order))


def _row(order: Any) -> dict[str, Any]:
    return {
        "number": order.number,
        "email": order.guest_email,
        "total_cents": int(order.total_incl_tax * 100),
        "status": order.status,
    }


def _mails() -> list[dict[str, str]]:
    folder = Path(settings.EMAIL_FILE_PATH)
    raws = [
        raw
        for file in sorted(folder.glob("*.log"))
        for raw in file.read_bytes().split(BETWEEN_MAILS)
        if raw.strip()
    ]
    return [_mail(raw.strip()) for raw in raws]


def _mail(raw: bytes) -> dict[str, str]:
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    return {
        "from": str(parsed["From"]),
        "to": str(parsed["To"]),
        "subject": str(parsed["Subject"]),
        "text": body.get_content() if body is not None else "",
    }
