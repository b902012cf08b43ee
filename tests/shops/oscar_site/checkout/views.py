"""Payment: by invoice, or by a bank card that is typed in and charged on placing the order."""
# mypy: disable-error-code="import-untyped,misc"
# (Django and Oscar have no types, so their classes are Any)

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from oscar.apps.checkout import views
from oscar.apps.payment.exceptions import UnableToTakePayment
from oscar.apps.payment.forms import BankcardForm
from oscar.apps.payment.models import Source, SourceType

DECLINED = "4000000000000002"
DECLINED_MESSAGE = "Your card was declined. No money was taken."


class PaymentDetailsView(views.PaymentDetailsView):
    """Asks for the card, carries it through the preview, charges it on placing the order."""

    def get_context_data(self, **kwargs: Any) -> Any:
        """Show an empty card form where none is bound."""
        if settings.CARD:
            kwargs.setdefault("bankcard_form", BankcardForm())
        return super().get_context_data(**kwargs)

    def handle_payment_details_submission(self, request: HttpRequest) -> HttpResponse:
        """Check the card before the preview."""
        if not settings.CARD:
            return self.render_preview(request)
        form = BankcardForm(request.POST)
        if form.is_valid():
            return self.render_preview(request, bankcard_form=form)
        return self.render_payment_details(request, bankcard_form=form)

    def handle_place_order_submission(self, request: HttpRequest) -> HttpResponse:
        """Check the card that the preview carried along, then place the order."""
        if not settings.CARD:
            return self.submit(**self.build_submission())
        form = BankcardForm(request.POST)
        if not form.is_valid():
            return self.render_payment_details(request, bankcard_form=form)
        return self.submit(**self.build_submission(payment_kwargs={"bankcard_form": form}))

    def handle_payment(
        self, order_number: str, total: Any, bankcard_form: Any = None, **kwargs: Any
    ) -> None:
        """Take the money, or refuse."""
        del kwargs
        if bankcard_form is not None and bankcard_form.cleaned_data["number"] == DECLINED:
            raise UnableToTakePayment(DECLINED_MESSAGE)
        amount: Decimal = total.incl_tax
        kind, _ = SourceType.objects.get_or_create(name="Card" if bankcard_form else "Invoice")
        self.add_payment_source(
            Source(
                source_type=kind,
                currency=total.currency,
                amount_allocated=amount,
                amount_debited=amount,
                reference=f"ch-{order_number}",
            )
        )
        self.add_payment_event("Settled", amount, reference=f"ch-{order_number}")
