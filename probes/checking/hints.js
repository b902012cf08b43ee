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
  // What a person would write; that which finds this very element first, if one does.
  const selectors = (element) => {
    const tag = element.tagName.toLowerCase();
    const own = [...element.classList].filter(plain);
    const above = element.parentElement?.closest("[id],[class]");
    const up = !above || above === document.body ? ""
      : plain(above.id) ? `#${above.id}` : [...above.classList].filter(plain).map((one) => `.${one}`)[0] || "";
    const near = own.map((one) => `${tag}.${one}`);
    const rest = up ? [...near, tag].map((one) => `${up} ${one}`) : [];
    const last = rest.map((one) => `${one}:last-child`);
    return [...(plain(element.id) ? [`#${element.id}`] : []), ...near, ...rest, ...last];
  };
  const selector = (element, any) => {
    const all = selectors(element);
    return (any ? "" : all.find((one) => document.querySelector(one) === element)) || all[0] || "";
  };
  const found = [];
  const add = (kind, element, text) => {
    if (found.length >= 150 || !text) return;
    found.push({ kind, text: squeeze(text).slice(0, TEXT), css: selector(element, kind === "group") });
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
    if ([...element.children].some((child) => money.test(squeeze(child.innerText)))) continue;
    if (text.length < 40 && money.test(text) && selector(element)) add("money", element, text);
  }
  for (const element of [...document.querySelectorAll("tr,li,article,[class*=item],[class*=line]")].slice(0, 500)) {
    if (shown(element) && money.test(element.innerText || "") && selector(element)) add("group", element, element.innerText);
  }
  return found;
}
