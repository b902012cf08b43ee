"""A third party: serves one script to the shop's pages from an origin of its own."""

from time import sleep

from flask import Flask, Response, request

from demoshop import child

MAX_WAIT_MS = 60_000
WIDGET = """\
// Trustline badge: shows how customers rate the shop.
(function () {
  "use strict";
  function draw() {
    document.querySelectorAll("[data-trustline]").forEach(function (place) {
      place.textContent = "\\u2605 4.7 of 5 from 2,318 customers";
    });
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", draw);
  } else {
    draw();
  }
})();
"""


def create_app() -> Flask:
    """Build the CDN."""
    app = Flask("demoshop", static_folder=None)

    @app.get("/widget.js")
    def widget() -> Response:
        """`wait` is how late the answer comes, in ms: the slow third party on demand."""
        sleep(min(request.args.get("wait", 0, int), MAX_WAIT_MS) / 1000)
        answer = Response(WIDGET, mimetype="text/javascript")
        answer.cache_control.max_age = 300
        answer.headers["Timing-Allow-Origin"] = "*"
        return answer

    @app.get("/health")
    def health() -> Response:
        return Response("ok", mimetype="text/plain")

    return app


def main() -> None:
    """Serve until the supervisor goes away."""
    child.serve(create_app(), child.setup()["fd"], threads=32)


if __name__ == "__main__":
    main()
