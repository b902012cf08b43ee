"""Ein Laden auf Deutsch: a shop of many pages whose every word and amount is German.

Traps: amounts like "1.234,56 €", a log-in page on the way (guests may pass), first and last
name apart, two choices that must be made, a phone number asked for, month and year of the card
apart, a box for the terms that must be ticked, two look-alike buttons on the last page.
`broken="birthday"`: the last page wants a date of birth, which nobody gave a probe.
"""

from contextlib import AbstractContextManager
from typing import Any

from flask import Response, abort, redirect, request, session
from markupsafe import escape

from tests.shops.plain import PlainShop
from tests.shops.shop import DeclinedError, Goods, Shop, opened

LAYOUT = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,"></head><body><header><a href="/">Kleiner Laden</a>
<form action="/suche"><input name="suchbegriff" type="search" placeholder="Suchbegriff eingeben">
<button>Suchen</button></form><a href="/konto">Anmelden</a>
<a href="/warenkorb">Warenkorb ({count})</a></header><main><h1>{title}</h1>{body}</main></body>"""
PRODUCT = """<div itemscope itemtype="https://schema.org/Product">
<span itemprop="name">{name}</span>
<p itemprop="offers" itemscope itemtype="https://schema.org/Offer"><s>{old}</s> <b>{shown}</b>
<meta itemprop="price" content="{price}"><meta itemprop="priceCurrency" content="EUR"></p>
<form method="post" action="/warenkorb/hinzu"><input type="hidden" name="slug" value="{slug}">
<label>Menge <select name="menge"><option>1<option>2<option>3</select></label>
<button>In den Warenkorb</button></form></div>"""
LINE = """<tr><td><a href="/artikel/{slug}">{name}</a></td><td>{quantity}</td><td>{price}</td>
<td><form method="post" action="/warenkorb/weg"><input type="hidden" name="slug" value="{slug}">
<button title="Entfernen">Entfernen</button></form></td></tr>"""
SUMS = """<dl><dt>Zwischensumme</dt><dd>{lines}</dd><dt>Versandkosten</dt><dd>{delivery}</dd>
<dt>Gesamtsumme</dt><dd>{total}</dd><dt>enthaltene MwSt. 19 %</dt><dd>{tax}</dd></dl>"""
DOOR = """<h2>Ich bin bereits Kunde</h2><form method="post" action="/konto">
<label>E-Mail-Adresse <input type="email" name="login"></label>
<label>Passwort <input type="password" name="passwort"></label><button>Anmelden</button></form>
<h2>Ohne Konto</h2><form action="/kasse/adresse"><button>Als Gast bestellen</button></form>"""
ADDRESS = """<form method="post"><label>Anrede* <select name="anrede" required>
<option value="">Bitte wählen<option value="x"{anrede}>Keine Angabe<option value="f">Frau</select>
</label><label>Vorname* <input name="vorname" required value="{vorname}">
</label><label>Nachname* <input name="nachname" required value="{nachname}"></label>
<label>Straße und Hausnummer* <input name="strasse" required value="{strasse}"></label>
<label>PLZ* <input name="plz" required value="{plz}"></label>
<label>Ort* <input name="ort" required value="{ort}"></label>
<label>Land* <select name="land" required><option value="">Bitte wählen
<option value="AT"{at}>Österreich<option value="DE"{de}>Deutschland</select></label>
<label>Telefonnummer* <input type="tel" name="telefon" required value="{telefon}"></label>
<label>E-Mail-Adresse* <input type="email" name="mail" required value="{mail}"></label>
<label>Wie haben Sie uns gefunden?* <select name="woher" required><option value="">Bitte wählen
<option value="x"{anrede}>Zufällig<option value="y">Empfehlung</select></label>
<button>Weiter zum Versand</button></form>"""
DELIVERY = """<form method="post"><fieldset><legend>Versandart</legend><label>
<input type="radio" name="art" value="dhl" required> Paketdienst (2–3 Werktage), {fee}</label>
</fieldset><button>Weiter zur Zahlung</button></form>"""
CARD_FORM = """{told}<form method="post" action="/kasse/zahlung">
<label>Karteninhaber <input name="inhaber" required>
</label><label>Kartennummer <input name="nummer" inputmode="numeric" required></label>
<fieldset><legend>Gültig bis</legend><select name="monat" aria-label="Monat" required>
<option value="">MM{months}</select><select name="jahr" aria-label="Jahr" required>
<option value="">JJJJ{years}</select></fieldset>
<label>Prüfziffer (CVC) <input name="pruefziffer" required></label>
<button>Weiter zur Übersicht</button></form>"""
REVIEW = """{sums}<form method="post"><label><input type="checkbox" name="agb" required>
Ich habe die AGB gelesen und stimme ihnen zu.</label>
{birthday}<button name="tun" value="kaufen">Zahlungspflichtig bestellen</button></form>
<form action="/warenkorb"><button>Bestellung ändern</button></form>"""
BIRTHDAY = "<label>Geburtsdatum* <input name='geboren' required></label>"
FIELDS = ("vorname", "nachname", "strasse", "plz", "ort", "land", "telefon", "mail")


def euro(cents: int) -> str:
    """Return an amount as German shops write it: "1.234,56 €"."""
    return f"{cents / 100:,.2f} €".translate(str.maketrans(",.", ".,"))


class GermanShop(PlainShop):
    """Anmelden, Adresse, Versand, Zahlung, Übersicht, Danke."""

    goods: tuple[Goods, ...] = (
        Goods("standuhr", "Standuhr Eiche", 123456),
        Goods("wanduhr", "Wanduhr Messing", 8990),
    )
    delivery_cents = 690

    def __init__(self, broken: str = "") -> None:
        super().__init__(broken)
        self.books.money = euro
        self.books.letter = "Vielen Dank. Bestellnummer {number}, Gesamtsumme {paid}."
        get, post, route = self.app.get, self.app.post, self.app.route
        get("/suche")(self.suche)
        get("/artikel/<slug>")(self.artikel)
        get("/warenkorb")(self.warenkorb)
        post("/warenkorb/hinzu")(self.hinzu)
        post("/warenkorb/weg")(self.weg)
        route("/konto", methods=["GET", "POST"])(self.konto)
        get("/kasse")(lambda: self.page("Kasse", DOOR))
        route("/kasse/adresse", methods=["GET", "POST"])(self.adresse)
        route("/kasse/versand", methods=["GET", "POST"])(self.versand)
        route("/kasse/zahlung", methods=["GET", "POST"])(self.zahlung)
        route("/kasse/pruefen", methods=["GET", "POST"])(self.pruefen)
        get("/kasse/danke/<number>")(self.danke)

    def path(self, slug: str) -> str:
        """Return the path of a product's page."""
        return f"/artikel/{slug}"

    def page(self, title: str, body: str, status: int = 200) -> Response:
        """Put a page into the German layout."""
        html = LAYOUT.format(title=title, body=body, count=sum(self.cart().values()))
        return Response(html, status)

    def listing(self, goods: tuple[Goods, ...]) -> str:
        """List goods with their prices."""
        return "".join(
            f'<li><a href="/artikel/{one.slug}">{one.name}</a> {euro(one.price_cents)}'
            for one in goods
        )

    def suche(self) -> Response:
        """Find goods by words of their names."""
        words = request.args.get("suchbegriff", "").lower()
        found = tuple(one for one in self.goods if words in one.name.lower())
        return self.page(f"{len(found)} Treffer", f"<ul>{self.listing(found)}</ul>")

    def artikel(self, slug: str) -> Response:
        """Show one of the goods; a crossed-out price stands before the true one."""
        one = next((one for one in self.goods if one.slug == slug), None) or abort(404)
        cents = one.price_cents
        texts = {"old": euro(cents + 5_000), "shown": euro(cents), "price": f"{cents / 100:.2f}"}
        return self.page(one.name, PRODUCT.format(name=one.name, slug=slug, **texts))

    def hinzu(self) -> Any:
        """Put goods into the basket."""
        cart, slug = self.cart(), request.form["slug"]
        self.keep({**cart, slug: cart.get(slug, 0) + int(request.form["menge"])})
        return redirect("/warenkorb", 303)

    def weg(self) -> Any:
        """Take a line out."""
        left = {slug: n for slug, n in self.cart().items() if slug != request.form["slug"]}
        self.keep(left)
        return redirect("/warenkorb", 303)

    def warenkorb(self) -> Response:
        """Show the basket."""
        cart = self.cart()
        if not cart:
            return self.page("Warenkorb", "<p>Ihr Warenkorb ist leer.</p>")
        rows = "".join(
            LINE.format(
                slug=one.slug, name=one.name, quantity=cart[one.slug], price=euro(one.price_cents)
            )
            for one in self.goods
            if one.slug in cart
        )
        terms = f"<p>Lieferung in 2–3 Werktagen, Versandkosten {euro(self.delivery_cents)}</p>"
        going = '<a href="/kasse" role="button">Zur Kasse</a>'
        return self.page("Warenkorb", f"<table>{rows}</table>{terms}{self.sums()}{going}")

    def konto(self) -> Response:
        """Refuse everybody: no test has an account here."""
        told = '<p role="alert">Unbekannte Zugangsdaten.</p>' if request.method == "POST" else ""
        return self.page("Anmelden", told + DOOR)

    def adresse(self) -> Any:
        """Ask for the address."""
        if request.method == "POST":
            session["adresse"] = {name: request.form[name] for name in FIELDS}
            session["address"] = {"email": request.form["mail"]}
            return redirect("/kasse/versand", 303)
        told: dict[str, str] = session.get("adresse", {})
        known = {name: escape(told.get(name, "")) for name in FIELDS}
        chosen = {land.lower(): " selected" * (known["land"] == land) for land in ("DE", "AT")}
        chosen["anrede"] = " selected" * bool(told)
        return self.page("Lieferadresse", ADDRESS.format(**known, **chosen))

    def versand(self) -> Any:
        """Ask how to send it; nothing is chosen beforehand."""
        if request.method == "POST":
            return redirect("/kasse/zahlung", 303)
        return self.page("Versand", DELIVERY.format(fee=euro(self.delivery_cents)) + self.sums())

    def zahlung(self, told: str = "") -> Any:
        """Ask for the card; it is charged on the next page."""
        if request.method == "POST" and not told:
            session["nummer"] = request.form["nummer"].replace(" ", "")
            return redirect("/kasse/pruefen", 303)
        months = "".join(f"<option>{month:02d}" for month in range(1, 13))
        years = "".join(f"<option>{year}" for year in range(2026, 2041))
        return self.page("Zahlung", CARD_FORM.format(told=told, months=months, years=years))

    def pruefen(self) -> Any:
        """Show everything once more, then charge."""
        if request.method == "GET":
            more = BIRTHDAY if self.books.broken == "birthday" else ""
            return self.page("Bestellung prüfen", REVIEW.format(sums=self.sums(), birthday=more))
        if "agb" not in request.form:
            abort(400)
        try:
            number = self.sell(session.get("nummer", ""))
        except DeclinedError:
            return self.zahlung('<p role="alert">Ihre Karte wurde abgelehnt.</p>')
        return redirect(f"/kasse/danke/{number}", 303)

    def danke(self, number: str) -> Response:
        """Confirm an order."""
        sold = next((sold for sold in self.books.orders if sold.number == number), None)
        if sold is None:
            abort(404)
        body = f"<p>Ihre Bestellnummer: <b>{number}</b></p><p>Gezahlt: {euro(sold.charged_cents)}"
        return self.page("Vielen Dank", self.books.said(body))

    def sums(self) -> str:
        """Show the sums; the tax is part of the total."""
        total = self.total_cents()
        return SUMS.format(
            lines=euro(self.lines_cents()),
            delivery=euro(self.delivery_cents),
            total=euro(total),
            tax=euro(round(total * 19 / 119)),
        )


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(GermanShop(broken))
