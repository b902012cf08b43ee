// What a page offers that could be a control nobody found: its words and a short selector.
// Everything that it returns is text of the page: hostile, bounded.
() => {
  const TEXT = 60;
  const squeeze = (text) => (text || "").replace(/[\s\u200b-\u200f\u202a-\u202e]+/g, " ").trim();
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && (!element.checkVisibility || element.checkVisibility());
  };
  const name = (element) => squeeze(element.getAttribute("aria-label")
    || [...(element.labels || [])].map((one) => one.innerText).join(" ")
    || element.innerText || (/^(submit|button)$/.test(element.type) ? element.value : "")
    || element.placeholder || element.title || element.name || "").slice(0, TEXT);
  const plain = (word) => word && !/\d{2,}|[^\w-]/.test(word) && word.length < 40;
  const selector = (element) => {
    const tag = element.tagName.toLowerCase();
    if (plain(element.id)) return `#${element.id}`;
    const own = [...element.classList].filter(plain);
    if (own.length) return `${tag}.${own[0]}`;
    const above = element.parentElement?.closest("[id],[class]");
    if (!above || above === document.body) return "";
    const up = plain(above.id) ? `#${above.id}` : [...above.classList].filter(plain)[0];
    return up ? `${up.startsWith("#") ? up : `.${up}`} ${tag}` : "";
  };
  const found = [];
  const add = (kind, element, text) => {
    if (found.length < 150 && text) found.push({ kind, text: squeeze(text).slice(0, TEXT), css: selector(element) });
  };
  const all = [...document.querySelectorAll("input,select,textarea,button,a[href],[role=button]")].slice(0, 2000);
  for (const element of all) {
    const type = (element.type || "").toLowerCase();
    if (type === "hidden" || !shown(element)) continue;
    const tag = element.tagName;
    if (tag === "A") add("link", element, name(element));
    else if (tag === "BUTTON" || /^(submit|button|image)$/.test(type) || element.getAttribute("role") === "button")
      add("button", element, name(element));
    else add(type === "radio" ? "choice" : type === "checkbox" ? "box" : "field", element, name(element));
  }
  const money = /(^|\s)(\p{Sc}\s?\d|\d[\d.,\s]*\d?\s?(\p{Sc}|[A-Z]{3}\b|kr\b|zł))/u;
  for (const element of [...document.querySelectorAll("body *")].slice(0, 5000)) {
    if (element.children.length > 2 || !shown(element)) continue;
    const text = squeeze(element.innerText);
    if (text.length < 40 && money.test(text) && selector(element)) add("money", element, text);
  }
  for (const element of [...document.querySelectorAll("tr,li,article,[class*=item],[class*=line]")].slice(0, 500)) {
    if (shown(element) && money.test(element.innerText || "") && selector(element)) add("group", element, element.innerText);
  }
  return found;
}
