"""Start the shop on a free port, say where on stdout, end when stdin closes."""
# mypy: disable-error-code="import-untyped"
# (Django and waitress have no types)

import json
import os
import sys
import threading

import django
from waitress import create_server

THREADS = 8


def main() -> None:
    """Make the database, serve until the parent lets go of stdin."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.shops.oscar_site.settings"
    django.setup()
    # Only now: these read the settings.
    from django.contrib.staticfiles.handlers import StaticFilesHandler  # noqa: PLC0415 - see above
    from django.core.management import call_command  # noqa: PLC0415 - see above
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - see above

    from tests.shops.oscar_site import goods  # noqa: PLC0415 - see above

    call_command("migrate", run_syncdb=True, verbosity=0)
    server = create_server(
        StaticFilesHandler(get_wsgi_application()), host="127.0.0.1", port=0, threads=THREADS
    )
    products = goods.fill(f"127.0.0.1:{server.effective_port}")
    url = f"http://127.0.0.1:{server.effective_port}"
    sys.stdout.write(json.dumps({"url": url, "products": products}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    server.run()


def _end_with_stdin() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
