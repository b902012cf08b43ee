"""The pages that Oscar lacks: a support form, and asking for a return."""
# mypy: disable-error-code="import-untyped,misc,untyped-decorator"
# (Django and Oscar have no types, so their classes are Any)

from secrets import token_hex

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from oscar.core.loading import get_model


class ContactForm(forms.Form):
    """What support wants to know."""

    email = forms.EmailField(label="Your e-mail address")
    subject = forms.ChoiceField(
        label="Subject", choices=[("order", "My order"), ("return", "A return"), ("other", "Other")]
    )
    message = forms.CharField(label="Message", widget=forms.Textarea(attrs={"rows": 4}))


@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Take a question; answer with a reference and a promise."""
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        context = {"reference": f"HL-{token_hex(4).upper()}"}
        return render(request, "shop/contact_done.html", context)
    return render(request, "shop/contact.html", {"form": form})


@require_POST
def request_return(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """Note that the customer wants to send an order back."""
    order = get_object_or_404(get_model("order", "Order"), number=number)
    if not order.check_verification_hash(key):
        raise Http404
    if order.status == "Pending":
        order.set_status("Return requested")
        messages.success(request, "Your return was accepted. A label is on its way.")
    else:
        messages.error(request, "This order cannot be returned any more.")
    return redirect("customer:anon-order", order_number=number, hash=key)
