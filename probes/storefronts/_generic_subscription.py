"""A subscription that stands, in any shop: signed in where it must be, its page is read."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from forepost.errors import ProbeError
from probes.controls.texts import day_text
from probes.dates import days
from probes.storefront import Login, Standing
from probes.storefronts._generic_gift import GenericGift

# The first of these beside the password is who signs in.
_USER = "input[autocomplete~=username],input[type=email],input[type=text],input:not([type])"
KEY = 6  # characters of a value in an address from which on it may be a key


class GenericSubscription(GenericGift):
    """What the page of a subscription says."""

    def standing_subscription(self, page: str, login: Login | None) -> Standing:
        """Open the page, signing in on the way where a password is asked for.

        Raises: ProbeError if a password is asked for and none is known; AssertionError if the
        shop refuses it.
        """
        for _, value in parse_qsl(urlsplit(page).query):
            if len(value) >= KEY:
                self.journey.secret(value)
        self.open(page)
        if self._sign_in(login) and self.path != urlsplit(self.whole(page)).path:
            self.open(page)
        today = datetime.now(UTC).date()
        found = self.until(lambda: days(self._renewal_text(), today))
        return Standing(self._state(), tuple(found or ()))

    def _sign_in(self, login: Login | None) -> bool:
        """Give name and password where they are asked for; whether they were."""
        self.until(lambda: self.controls.find("password") or self._renewal_text())
        fields = self.controls.look("password")["password"]
        if not fields:
            return False
        if login is None:
            raise ProbeError(
                "[flows.autopay] subscription_page asks for a password; name one: "
                'login_email = "env:…" and login_password = "env:…"'
            )
        password = fields[0].locator
        user = password.locator("xpath=ancestor::form[1]").locator(_USER).filter(visible=True)
        user.first.fill(login.email)
        password.fill(login.password)
        self.forget_alerts()
        before = self.mark()
        password.press("Enter")
        self.changed(before)
        if self.until(lambda: not self.controls.find("password")):
            return True
        raise AssertionError(f'sign-in refused: "{self.alert() or "no answer"}"')

    def _renewal_text(self) -> str:
        """Return where the page names the day of the next renewal; the table's line first."""
        if "renewal_day" in self.table:
            named = self.controls.look("renewal_day")["renewal_day"]
            return named[0].text if named else ""
        return day_text(self.page, "renewal_day")
