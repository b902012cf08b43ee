"""A shop whose consent banner lies over everything and comes 600 ms late, maybe in a frame."""

from contextlib import AbstractContextManager

from flask import Response, request

from tests.shops.plain import PlainShop
from tests.shops.shop import Shop, opened

LATE_MS = 600
BOX = """<div id="consent" role="dialog" aria-label="Cookies" style="position:fixed;inset:0;
z-index:99999;background:rgba(0,0,0,.6)"><div style="background:#fff;margin:20vh auto;width:50%">
<h2>We value your privacy</h2><p>May we store cookies on your device?</p>
<button type="button" data-choice="none">Reject all</button>
<button type="button" data-choice="all">Accept all</button></div></div>"""
FRAME = """<iframe id="consent" title="Cookies" src="/consent" style="position:fixed;inset:0;
width:100vw;height:100vh;border:0;z-index:99999"></iframe>"""
SCRIPT = """<template id="consent-box">%s</template><script>
function choose(choice) {
  if (!%s) document.cookie = "consent=" + choice + ";path=/";
  document.getElementById("consent").remove();
}
addEventListener("message", event => {
  if (event.origin === location.origin && event.data.consent) choose(event.data.consent);
});
setTimeout(() => {
  document.body.prepend(document.getElementById("consent-box").content.cloneNode(true));
  document.querySelectorAll("[data-choice]").forEach(
    button => button.onclick = () => choose(button.dataset.choice));
}, %d);
</script>"""
FRAMED = """<!doctype html><title>Cookies</title>%s<script>
document.querySelectorAll("[data-choice]").forEach(button => button.onclick =
  () => parent.postMessage({consent: button.dataset.choice}, location.origin));
</script>"""


class ConsentShop(PlainShop):
    """Lets nobody click before the banner is answered."""

    def __init__(self, broken: str = "", *, framed: bool = False, returning: bool = False) -> None:
        super().__init__(broken)
        self.framed = framed
        self.returning = returning
        self.app.get("/consent")(self.consent)

    def foot(self) -> str:
        """Bring the banner, once it is late enough, until it was answered."""
        if "consent" in request.cookies:
            return ""
        banner = FRAME if self.framed else BOX
        if self.returning:
            return SCRIPT % (banner, "true", 0)  # at once: it lies over whatever is pressed
        return SCRIPT % (banner, "false", LATE_MS)

    def consent(self) -> Response:
        """Return the banner as a page of its own."""
        return Response(FRAMED % BOX)


def serve(
    *, broken: str = "", framed: bool = False, returning: bool = False
) -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts.

    `framed`: the banner stands in an iframe; `returning`: no page remembers the answer.
    """
    return opened(ConsentShop(broken, framed=framed, returning=returning))
