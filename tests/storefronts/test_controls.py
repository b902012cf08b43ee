"""Finding controls: on each page here a naive finder would take the wrong one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as NotThere

from forepost.errors import ProbeError
from probes.browser import launch
from probes.controls import CONTROLS, Controls, Kind, check_table, phrases
from probes.controls.presets import read_preset
from probes.controls.sums import part_of
from probes.controls.texts import number_in
from probes.controls.words import known

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield a page of a real browser."""
    with sync_playwright() as playwright:
        launched = launch(playwright, "chromium", tmp_path_factory.mktemp("out"))
        yield launched.browser.new_context().new_page()
        launched.browser.close()


def mark(page: Page, html: str, name: str, table: Mapping[str, str] | None = None) -> str | None:
    """Return the `data-mark` of the element that is found for a control; None: none is."""
    page.set_content(f"<!doctype html><html lang=en><body>{html}</body></html>")
    found = Controls(page, table or {}).find(name)
    return found.get_attribute("data-mark") if found else None


# name of the control, page, the right one (None: none of them)
PAGES: dict[str, tuple[str, str, str | None]] = {
    "a balance stands beside its word": (
        "gift_balance",
        "<table><tr><th>Kartennummer<td>4711<tr><th>Restguthaben<td data-mark=yes>31,50 €</table>",
        "yes",
    ),
    "a balance stands in a sentence": (
        "gift_balance",
        "<p data-mark=yes>Le solde de votre carte 4711 est de 31,50 €.</p>",
        "yes",
    ),
    "a field that says no more than code is known by its form": (
        "voucher_field",
        (
            "<form id=search><label>Code<input data-mark=no name=a></label></form>"
            '<form id=voucher_form action="/basket/vouchers/add/"><label>Code<input data-mark=yes '
            "name=b></label></form>"
        ),
        "yes",
    ),
    "a heading and a button are no balance": (
        "gift_balance",
        "<h1 data-mark=no>Gift card balance</h1><form><button>Check balance</button></form>",
        None,
    ),
    "a token is surer than a label": (
        "email",
        (
            "<label>E-mail of a friend you know<input data-mark=no name=e-mail></label>"
            '<label>How we reach you<input data-mark=yes autocomplete="section-a shipping email">'
        ),
        "yes",
    ),
    "the field of another token is not taken by its label": (
        "street",
        (
            "<label>Address<input data-mark=no autocomplete=address-line2></label>"
            "<label>Where<input data-mark=yes autocomplete=address-line1></label>"
        ),
        "yes",
    ),
    "a newsletter is no checkout": (
        "email",
        (
            '<footer><form action="/newsletter"><input data-mark=no type=email></form></footer>'
            "<main><form><label>Email<input data-mark=yes></label></form></main>"
        ),
        "yes",
    ),
    "a menu for telephones is hidden": (
        "cart_link",
        (
            '<div style="display:none"><a data-mark=no href="/cart">Cart</a></div>'
            '<a data-mark=yes href="/cart">Cart</a>'
        ),
        "yes",
    ),
    "what stands outside the window is hidden": (
        "email",
        (
            '<input type=email name=email data-mark=no style="position:absolute;left:-9999px">'
            "<input type=email name=email2 data-mark=yes>"
        ),
        "yes",
    ),
    "a hidden subtree does not count": (
        "place_order",
        "<div aria-hidden=true><button data-mark=no>Place order</button></div>",
        None,
    ),
    "a disabled button is not there yet": (
        "place_order",
        "<button data-mark=no disabled>Place order</button>",
        None,
    ),
    "going on is not going shopping": (
        "continue",
        "<button data-mark=no>Continue shopping</button><button data-mark=yes>Continue</button>",
        "yes",
    ),
    "buying is not going on": (
        "continue",
        "<p><button data-mark=no>Pay now</button><button data-mark=no>Place order</button>",
        None,
    ),
    "a way to the cart puts nothing into it": (
        "add_to_cart",
        '<a data-mark=no href="/cart">Cart</a><button data-mark=no disabled>Add to bag</button>',
        None,
    ),
    "a wish list is no basket": (
        "add_to_cart",
        "<button data-mark=no>Add to wish list</button><button data-mark=yes>Add to bag</button>",
        "yes",
    ),
    "removing a voucher removes no line": (
        "remove_line",
        "<button data-mark=no>Remove voucher</button><button data-mark=yes title=Remove>×",
        "yes",
    ),
    "what lies under a window cannot be pressed": (
        "place_order",
        (
            "<button data-mark=no>Place order</button><dialog id=d><button data-mark=yes>Pay now"
            "</button></dialog><script>d.showModal()</script>"
        ),
        "yes",
    ),
    "a link by its address": (
        "cart_link",
        (
            '<a data-mark=yes href="/de/warenkorb/"><img alt="" width=20 height=20></a>'
            '<a data-mark=no href="/cartoons">Cartoons</a>'
        ),
        "yes",
    ),
    "words count in every major language": (
        "place_order",
        "<button data-mark=no>Zurück</button><button data-mark=yes>Zahlungspflichtig bestellen",
        "yes",
    ),
    "accents do not count": ("postal_code", "<label>CÓDIGO POSTAL *<input data-mark=yes>", "yes"),
    "a label is no part of its options": (
        "country",
        (
            "<label>State<select data-mark=no><option>Country club</select></label>"
            "<label>Country<select data-mark=yes><option>Germany</select></label>"
        ),
        "yes",
    ),
    "a radio is known by its group": (
        "delivery_option",
        (
            "<fieldset><legend>Versandart</legend><label><input type=radio name=a data-mark=yes>"
            "Paketdienst</label></fieldset><label><input type=radio name=b data-mark=no>Paketdienst"
        ),
        "yes",
    ),
}


@pytest.mark.parametrize(("name", "html", "want"), PAGES.values(), ids=list(PAGES))
def test_the_right_control_is_found(page: Page, name: str, html: str, want: str | None) -> None:
    """By tokens, types, names, words, addresses; only what a customer could use."""
    assert mark(page, html, name) == want


def test_a_control_in_a_shadow_root_is_found_and_can_be_used(page: Page) -> None:
    """Web components hide their fields from querySelector."""
    page.set_content(
        "<div id=host></div><script>document.getElementById('host').attachShadow({mode: 'open'})"
        ".innerHTML = '<p><input autocomplete=email></p>'</script>"
    )

    Controls(page, {}).need("email").fill("a@b.example")

    script = "() => document.getElementById('host').shadowRoot.querySelector('input').value"
    assert page.evaluate(script) == "a@b.example"


def test_card_fields_are_found_in_frames(page: Page) -> None:
    """Providers keep each field in a frame of its own."""
    page.set_content("<iframe srcdoc='<input autocomplete=cc-number>'></iframe>")

    Controls(page, {}).need("card_number").fill("4242")

    assert page.frames[1].locator("input").input_value() == "4242"


def test_one_element_is_one_control(page: Page) -> None:
    """A field named first_name ends in "name" too."""
    page.set_content("<input name=first_name><input name=last_name>")

    seen = Controls(page, {}).apart("name", "first_name", "last_name")

    assert [len(seen[name]) for name in ("name", "first_name", "last_name")] == [0, 1, 1]


def test_the_table_counts_before_all_signs(page: Page) -> None:
    """In the shop's language, the first alternative that is there."""
    html = (
        "<button data-mark=no>Place order</button><button data-mark=yes>Her damit</button>"
        "<label>Wohin<input data-mark=there></label>"
    )
    table = {"place_order": "button: Gibt es nicht | button: Her damit", "email": "label: Wohin"}
    assert mark(page, html, "place_order", table) == "yes"
    assert mark(page, html, "email", table) == "there"
    assert mark(page, html, "place_order", {"place_order": "none"}) is None


def test_how_says_by_which_sign(page: Page) -> None:
    """Whoever completes a table must see why something was taken."""
    page.set_content("<input autocomplete=email><button>Kaufen</button>")
    controls = Controls(page, {"place_order": "button: Kaufen"})
    controls.look("email", "place_order")
    assert controls.how("email") == 'autocomplete="email"'
    assert controls.how("place_order") == "table: button: Kaufen"
    assert controls.how("cart_link") == ""


def test_a_preset_s_stale_line_leaves_room_for_standards(page: Page) -> None:
    """A theme moves on; the shop's own line and a "none" are its word, and stand."""
    page.set_content("<input autocomplete=email><input autocomplete=postal-code>")
    stale = {"email": "css: #gone", "postal_code": "none"}

    assert Controls(page, {}, stale).find("email") is not None
    assert Controls(page, {}, stale).find("postal_code") is None
    assert Controls(page, {"email": "css: #gone"}, stale).find("email") is None


def test_a_missing_control_is_named_with_the_line_to_write(page: Page) -> None:
    """The operator must know what to do without reading the source."""
    page.set_content("<p>Nothing here</p>")
    with pytest.raises(NotThere) as caught:
        Controls(page, {}).need("postal_code", wait_s=0.1)
    assert "waiting for postal_code" in str(caught.value)
    assert 'write in [shop.controls] postal_code = "label: …"' in str(caught.value)


def test_a_control_that_comes_late_is_waited_for(page: Page) -> None:
    """Scripts build pages after they have loaded."""
    page.set_content(
        "<script>setTimeout(() => document.body.innerHTML = '<button>Pay now', 300)</script>"
    )
    assert Controls(page, {}).need("place_order", wait_s=10).inner_text() == "Pay now"


def test_a_selector_that_cannot_be_read_is_one_line(page: Page) -> None:
    """A typing mistake in CSS is no failure of the shop."""
    page.set_content("<p>")
    with pytest.raises(ProbeError, match=r'^\[shop.controls\] email = "css: \[\[": the browser'):
        Controls(page, {"email": "css: [["}).find("email")


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("e_mail", "label: x", "did you mean email?"),
        ("zzzzzz", "label: x", "no such control"),
        ("email", "E-Mail", '"E-Mail" is no way to find it; write "label: What stands beside it"'),
        ("email", "lable: E-Mail", "one of: button, link"),
        ("email", "label:", 'nothing stands behind "label:"'),
        ("email", 7, "a control is written as text"),
        ("email", "url: /x", "only the pages take an address"),
        ("cart_page", "link: Cart", 'a page is written as its address: "url: /cart"'),
        ("email", "css: " + "x" * 400, "longer than 300"),
    ],
)
def test_a_wrong_line_is_told_with_its_remedy(name: str, text: object, part: str) -> None:
    """What, where, the value, what to do."""
    ((where, problem),) = check_table({name: text})
    assert where == name
    assert part in problem


def test_all_faults_of_a_table_are_told_at_once(page: Page) -> None:
    """One line each, before anything runs."""
    with pytest.raises(ProbeError) as caught:
        Controls(page, {"e_mail": "label: x", "email": "y"})
    assert len(str(caught.value).splitlines()) == 2


def test_every_control_says_what_it_is_and_has_a_sign() -> None:
    """A control that nothing can find would only ever be missing."""
    for name, control in CONTROLS.items():
        signs = control.autocomplete or control.types or control.names or control.urls
        read = control.kind in (Kind.TEXT, Kind.GROUP, Kind.PAGE)
        assert control.says, name
        assert signs or phrases(name) or read, name


def test_every_word_belongs_to_a_control() -> None:
    """A misspelt name in a language's table would be lost without a sound."""
    assert [name for name in known() if name not in CONTROLS and not name.startswith("_")] == []


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("Subtotal", "lines"),
        ("Total incl. VAT", "total"),
        ("Gesamtsumme (inkl. MwSt.)", "total"),
        ("enthaltene MwSt. 19 %", ""),
        ("Shipping discount", "discount"),
        ("Frais de livraison", "delivery"),
        ("Order total", "total"),
        ("IVA", "tax"),
        ("Lantern Moth", ""),
    ],
)
def test_a_sum_is_known_by_the_longest_phrase_of_its_label(label: str, part: str) -> None:
    """A total with tax is a total, and tax that is included is added to nothing."""
    assert part_of(label)[0] == part


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Your order number is\n FH-100023. Total €30.90", "FH-100023"),
        ("Ihre Bestellnummer lautet: 2026-0815", "2026-0815"),
        ("Numéro de commande : AB12", "AB12"),
        ("Thank you for your order", ""),
        ("Your order of 30.90 € is on its way", ""),
        ("Order 30.90 €", ""),
    ],
)
def test_an_order_number_is_what_stands_behind_its_words(text: str, number: str) -> None:
    """An amount or a word is no number of an order."""
    assert number_in(text, "order_number") == number


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = [", "cannot be read"),
        ("[about]\nplatform='x'\n", "needs the tables [about] and [controls]"),
        ("[about]\nplatform='x'\n[controls]\n", ":1: [about] version: this key is needed"),
        (
            "[about]\nplatform='x'\ntheme='x'\nversion='1'\ntried='n'\n[controls]\ne_mail=''",
            ":7: [controls] e_mail: no such control; did you mean email?",
        ),
    ],
)
def test_a_broken_preset_is_one_line_a_fault(tmp_path: Path, text: str, part: str) -> None:
    """It names the file, and the line where there is one."""
    file = tmp_path / "mine.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ProbeError) as caught:
        read_preset(file)
    told = str(caught.value).splitlines()
    assert all(line.startswith("storefronts/presets/mine.toml:") for line in told)
    assert len([line for line in told if part in line]) == 1
