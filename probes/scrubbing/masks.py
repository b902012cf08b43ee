"""Masks on the screen: what no picture may show is hidden before the picture is taken."""

import json

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.scrubbing.scrub import Scrubber

DOCUMENTS = 6  # the page and its first iframes
MASK = "input,textarea{-webkit-text-security:disc!important}"
# For pictures that are taken all along (a trace's frames): fields are masked from the first
# instant, also in shadow roots, and where a page sets its own list of style sheets (Lit does).
MASK_SCRIPT = f"""(() => {{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync({json.dumps(MASK)});
  const known = "adoptedStyleSheets";
  for (const kind of [Document, ShadowRoot]) {{
    const own = Object.getOwnPropertyDescriptor(kind.prototype, known);
    if (!own || !own.set) continue;
    Object.defineProperty(kind.prototype, known, {{
      ...own,
      set(sheets) {{ own.set.call(this, [...[...sheets].filter((s) => s !== sheet), sheet]); }},
    }});
  }}
  // Only where the mask is not the last word already: setting it styles the page anew.
  const dress = (root) => {{
    if (root[known].at(-1) !== sheet) root[known] = [...root[known]];
  }};
  dress(document);
  addEventListener("DOMContentLoaded", () => dress(document));
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(options) {{
    const root = attach.call(this, options);
    dress(root);
    return root;
  }};
}})();"""
# Replaces secrets and strangers' e-mail addresses in what a document shows, shadow roots
# included, and returns all of its text for a last look.
_MASK_TEXT = r"""([secrets, own, ends]) => {
  const stars = (text) => "*".repeat(text.length);
  const address = /[\w.%+'-]+@(?:[a-z0-9-]+\.)+[a-z]{2,24}/gi;
  const ours = (text) =>
    /(^|[^0-9a-f])[0-9a-f]{20}([^0-9a-f]|$)/i.test(text) ||
    own.some((mark) => text.toLowerCase().includes(mark)) ||
    ends.some((end) => text.toLowerCase().endsWith(end));
  const shadows = [];
  const mask = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.shadowRoot) mask(node.shadowRoot);
      if (node.nodeType !== Node.TEXT_NODE) continue;
      let text = node.data;
      for (const secret of secrets) text = text.split(secret).join(stars(secret));
      text = text.replace(address, (hit) => (ours(hit) ? hit : stars(hit)));
      if (text !== node.data) node.data = text;
      if (root !== document) shadows.push(text);
    }
  };
  mask(document);
  return [document.documentElement.innerText, ...shadows].join("\n");
}"""


def mask_text(page: Page, scrubber: Scrubber) -> str:
    """Replace what is secret on a page and in its iframes; return all the text it shows then.

    Raises: PlaywrightError if the page is gone.
    """
    told: list[str] = []
    for number, frame in enumerate(page.frames[:DOCUMENTS]):
        try:
            told.append(str(frame.evaluate(_MASK_TEXT, [scrubber.values(), *scrubber.kept()])))
        except PlaywrightError:
            if number == 0:
                raise
    return "\n".join(told)
