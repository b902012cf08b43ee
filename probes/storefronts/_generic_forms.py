"""What a browser itself says of a form: one that is not complete is never sent."""

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page

MOST = 8  # selects of a page that are answered
LOOK_MS = 1_000
# A title, a salutation, "how did you hear of us": any answer will do, and one must be given.
NEEDED = "select:required:invalid"
_FIRST = "el => [...el.options].findIndex(o => o.value && !o.disabled && !o.hidden)"
# A browser that refuses to send a form goes to the first field that it finds wanting.
_WANTING = """el => {
    const form = el.form, at = document.activeElement;
    if (!form || form.noValidate || el.formNoValidate) return null;
    if (!at || at.form !== form || !at.willValidate || at.validity.valid) return null;
    const label = at.labels && at.labels[0] ? at.labels[0].cloneNode(true) : null;
    if (label) label.querySelectorAll('input,select,textarea,button').forEach(e => e.remove());
    const said = [label && label.textContent, at.getAttribute('aria-label'), at.placeholder];
    const name = [...said, at.name, at.type]
        .map(text => (text || '').replace(/\\s+/g, ' ').trim()).find(text => text);
    return [name.slice(0, 60), at.validationMessage.slice(0, 120)];
}"""


def choose_needed(page: Page) -> None:
    """Choose the first answer wherever one must be chosen and none is."""
    left = page.locator(NEEDED).filter(visible=True)
    passed_over = 0
    for _ in range(MOST):
        if left.count() <= passed_over:
            return
        if not _choose(left.nth(passed_over)):
            passed_over += 1


def _choose(select: Locator) -> bool:
    """Choose the first answer; whether there is one. What is left is told by `held_back`."""
    try:
        index = select.evaluate(_FIRST, timeout=LOOK_MS)
        if index >= 0:
            select.select_option(index=index, timeout=LOOK_MS)
    except PlaywrightError:  # it went away meanwhile, or nobody could have chosen either
        return False
    return bool(index >= 0)


def held_back(button: Locator) -> str:
    """Say which field keeps the browser from sending the form of a button that was pressed.

    Returns: empty if none does, or if the page has gone on.
    """
    try:
        told = button.evaluate(_WANTING, timeout=LOOK_MS)
    except PlaywrightError:
        return ""
    return f'the browser does not send the form: "{told[0]}": {told[1]}' if told else ""
