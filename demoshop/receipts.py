"""The mail that confirms an order: one, with its number, unless the shop is broken."""

from demoshop.faults import Faults
from demoshop.letters import confirmation
from demoshop.mailer import Mailer
from demoshop.orders import FIRST_NUMBER, Order


class Receipts:
    """Writes to who has bought something."""

    def __init__(self, mailer: Mailer, faults: Faults, shop_url: str) -> None:
        self._mailer, self._faults, self._shop_url = mailer, faults, shop_url

    def send(self, order: Order) -> None:
        """Confirm an order."""
        named = self._named(order.number)
        subject, text = (
            part.replace(order.number, named) for part in confirmation(order, self._shop_url)
        )
        for _ in range(2 if self._faults.hits("double_mail") else 1):
            self._mailer.send(order.email, subject, text, about=order.number)

    def _named(self, number: str) -> str:
        """Return the number that the mail names."""
        if self._faults.hits("mail_without_number"):
            return ""
        if self._faults.hits("mail_wrong_number"):
            return f"FH-{int(number.removeprefix('FH-')) - FIRST_NUMBER}"  # nobody's
        return number
