// Reads what a page says: product, lines of the cart, sums, numbers, alerts. All of it is text
// of the page: hostile. spec.what names the parts; spec.words and spec.signs tell what to look for.
const CUR = "(?:US\\$|CA\\$|A\\$|R\\$|[$€£¥￥₹₩₺₽₴₪฿₫₱円원元]|kr\\.?|zł|Kč|Ft|lei|лв\\.?|(?:EUR|USD|GBP|CHF|JPY|SEK|DKK|NOK|PLN|CZK|HUF|CAD|AUD|NZD|BRL|INR|MXN|RON|TRY|ZAR|SGD|HKD|KWD|AED|ISK))";
const NUM = "\\d(?:[\\d.,'’\\s\\u00a0\\u202f]*\\d)?(?:[.,][-–—]+)?";
const ONE = `(?:\\d+[€£$]\\d{2}(?!\\d)|${CUR}\\s*[-−–]?\\s*${NUM}|${NUM}\\s*${CUR}|\\d{1,3}(?:[.,'’ \\u00a0\\u202f]?\\d{3})*[.,]\\d{2}(?!\\d))`;
const WHOLE = new RegExp(`^[(\\s]*[-−–+]?\\s*${ONE}[¹²³]*\\s*(?:${CUR})?\\s*[*)¹²³]*(?:\\s*\\(?(?:incl|inkl|inc|zzgl|excl|ttc|ht)\\b.{0,24})?$`, "i");
// A dash with a blank behind it parts the label from its amount: it is no minus.
const TAIL = new RegExp(`^(\\D.{0,80}?)[:\\s]\\s*(?:[-–—]\\s+)?([-−–+]?\\s*${ONE}\\s*(?:${CUR})?)\\s*[*)]*$`, "is");
const AMOUNT = new RegExp(`${ONE}(?!\\s*%)`, "i");
const words = (name) => ((spec.words || {})[name] || []).filter((word) => word[0] !== "!").map(squeeze);
const says = (text, name) => words(name).some((word) => bound(text, word));
const plain = (element) => {
  // £12<sup>99</sup> is 12.99 and not 1299.
  const cents = element.querySelector("sup");
  if (cents && /^\s*\d{2}\s*$/.test(cents.textContent) && /\d\s*$/.test(cents.previousSibling?.textContent || "")) {
    return element.textContent.replace(new RegExp(`(\\d)\\s*${cents.textContent.trim()}`), `$1.${cents.textContent.trim()}`);
  }
  return element.textContent;
};
const tidy = (text, length) => (text || "").replace(/[\s\u200b-\u200f\u202a-\u202e]+/g, " ").trim().slice(0, length || TEXT);
const struck = (element) => {
  for (let up = element, deep = 0; up && deep < 4; up = up.parentElement, deep += 1) {
    if (/^(DEL|S|STRIKE)$/.test(up.tagName) || getComputedStyle(up).textDecorationLine.includes("line-through")) return true;
  }
  return Boolean(element.closest("[class*=old-price],[class*=price-old],[class*=was-price],[class*=regular-price]:not([class*=final])")
    && element.closest("[class*=price]")?.parentElement?.querySelector("[class*=special],[class*=sale],[class*=new-price],[class*=price-new]"));
};
const everyElement = (place, found = []) => {
  for (const element of place.querySelectorAll("*")) {
    found.push(element);
    if (element.shadowRoot) everyElement(element.shadowRoot, found);
  }
  return found;
};
const SKIP = /^(SCRIPT|STYLE|NOSCRIPT|OPTION|SELECT|TEXTAREA|TEMPLATE|SVG|IFRAME)$/i;
let cache = null;
const elements = () => (cache ||= everyElement(root).filter((one) => !SKIP.test(one.tagName)));
let known = null;
const beside = new Map();
const moneys = () => {
  if (known) return known;
  const free = words("_free");
  const hit = elements().filter((one) => {
    if (one.textContent.length > 600 || one.querySelector("input,select,button")) return false;
    const text = tidy(plain(one), 61);
    if (text.length > 60) return false;
    return text && (WHOLE.test(text) || free.includes(squeeze(text)));
  });
  const set = new Set(hit);
  for (const one of elements()) {
    // An amount that stands beside other elements: <article><a>Kettle</a> €24.90</article>
    const direct = tidy([...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join(" "), 60);
    if (direct && one.children.length && !set.has(one) && WHOLE.test(direct) && ![...one.children].some((child) => set.has(child))) {
      beside.set(one, direct);
      hit.push(one);
    }
  }
  known = hit.filter((one) => ![...one.children].some((child) => set.has(child) || [...child.querySelectorAll("*")].some((deep) => set.has(deep))))
    .filter((one) => drawn(one) && !struck(one))
    .sort((left, right) => (left.compareDocumentPosition(right) & 4 ? -1 : 1));
  return known;
};
const amountText = (element) => {
  if (beside.has(element)) return beside.get(element);
  const text = tidy(plain(element), 60);
  return words("_free").includes(squeeze(text)) ? "0.00" : text;
};
const holds = (element) => moneys().filter((one) => element.contains(one)).length;
const letters = (text) => /\p{L}{2}/u.test(text);

const labelOf = (element) => {
  const dd = element.closest("dd");
  if (dd) {
    let up = dd.previousElementSibling;
    while (up && up.tagName !== "DT") up = up.previousElementSibling;
    if (up) return own(up);
  }
  const row = element.closest("tr,[role=row]");
  if (row) {
    const cell = [...row.children].find((one) => !one.contains(element) && letters(own(one)) && !moneys().some((money) => one.contains(money)));
    if (cell) return own(cell);
  }
  for (let up = element, deep = 0; up.parentElement && up !== root && deep < 5; up = up.parentElement, deep += 1) {
    let before = up.previousSibling;
    while (before) {
      const text = before.nodeType === 3 ? before.textContent : before.nodeType === 1 && !SKIP.test(before.tagName) ? own(before) : "";
      if (letters(text) && !(before.nodeType === 1 && moneys().some((money) => before.contains(money)))) return text;
      if (before.nodeType === 1 && moneys().some((money) => before.contains(money))) return "";
      before = before.previousSibling;
    }
    const parent = up.parentElement;
    if (holds(parent) > 1) return "";
    const rest = own(parent).replace(element.textContent, " ");
    if (letters(rest) && rest.length < 160) return rest;
  }
  return "";
};
const sums = () => {
  const rows = [];
  for (const element of moneys()) {
    if (root === document && place(element) !== "main" && element.closest("header,nav,footer")) continue;
    rows.push({ label: tidy(labelOf(element), 120), text: amountText(element), path: path(element) });
  }
  // "Total: £12.00" in one piece.
  for (const element of elements()) {
    if (element.textContent.length > 600 || moneys().some((one) => element.contains(one) || one.contains(element))) continue;
    const direct = tidy([...element.childNodes].every((node) => node.nodeType === 3 || !node.querySelector?.("*")) ? plain(element) : "", 141);
    const split = direct && direct.length <= 140 && TAIL.exec(direct);
    // What holds an amount before this one is several rows in a box.
    if (split && !AMOUNT.test(split[1].replace(/\([^)]*\)/g, " ")) && drawn(element) && !struck(element) && !element.closest("header,nav,footer,option")) {
      rows.push({ label: tidy(split[1], 120), text: tidy(split[2], 60), path: path(element) });
    }
  }
  return rows.slice(0, 200);
};

const flat = (value, found = [], deep = 0) => {
  if (deep > 6 || found.length > 200) return found;
  if (Array.isArray(value)) value.slice(0, 100).forEach((one) => flat(one, found, deep + 1));
  else if (value && typeof value === "object") {
    if (value["@type"]) found.push(value);
    for (const key of ["@graph", "mainEntity", "hasVariant", "itemListElement", "item"]) if (value[key]) flat(value[key], found, deep + 1);
  }
  return found;
};
const jsonld = (type) => {
  const found = [];
  for (const one of [...document.querySelectorAll('script[type="application/ld+json"]')].slice(0, 20)) {
    if (one.textContent.length > 300_000) continue;
    try { flat(JSON.parse(one.textContent.replace(/^\s*(<!--|\/\*.*?\*\/)|-->\s*$/g, "")), found); } catch { /* a broken one tells nothing */ }
  }
  return found.filter((one) => [].concat(one["@type"]).some((name) => String(name).replace(/^.*[/#]/, "") === type));
};
const prop = (box, name) => {
  const hit = [...box.querySelectorAll(`[itemprop~="${name}"]`)][0];
  return hit ? tidy(hit.getAttribute("content") ?? hit.getAttribute("value") ?? hit.textContent) : "";
};
const meta = (...names) => {
  for (const name of names) {
    const hit = document.querySelector(`meta[property="${name}"],meta[name="${name}"]`);
    if (hit?.content) return tidy(hit.content);
  }
  return "";
};
const offered = () => {
  const product = jsonld("Product")[0] || jsonld("ProductGroup")[0];
  const texts = [];
  if (product) {
    for (const offer of [].concat(product.offers ?? []).slice(0, 20)) {
      for (const one of [offer, ...[].concat(offer?.offers ?? []), ...[].concat(offer?.priceSpecification ?? [])].slice(0, 20)) {
        const value = one?.price ?? one?.lowPrice;
        if (value !== undefined && value !== null) texts.push(`${tidy(String(value), 30)} ${tidy(String(one.priceCurrency ?? offer?.priceCurrency ?? ""), 3)}`);
      }
    }
    return { from: "JSON-LD", name: tidy(String(product.name ?? "")), sku: tidy(String(product.sku ?? product.productID ?? "")), prices: texts };
  }
  const box = [...document.querySelectorAll('[itemtype*="schema.org/Product"]')].find((one) => !one.parentElement.closest("[itemtype*='schema.org/ItemList']"));
  if (box) return { from: "microdata", name: prop(box, "name"), sku: prop(box, "sku"), prices: [prop(box, "price")].filter(Boolean).map((one) => `${one} ${prop(box, "priceCurrency")}`) };
  const price = meta("product:price:amount", "og:price:amount", "product:sale_price:amount");
  const type = meta("og:type");
  if (price || /product/.test(type)) {
    return { from: "OpenGraph", name: meta("og:title"), sku: meta("product:retailer_item_id"), prices: price ? [`${price} ${meta("product:price:currency", "og:price:currency")}`] : [] };
  }
  return null;
};
const product = () => {
  const heads = [...document.querySelectorAll("h1")].filter(drawn);
  const head = heads.find((one) => letters(one.textContent) && !one.closest("header")) || heads[0];
  const button = spec.button ? document.querySelector(spec.button) : null;
  let area = head || button || document.body;
  while (area.parentElement && area !== document.body && (!moneys().some((one) => area.contains(one)) || (button && !area.contains(button)))) area = area.parentElement;
  const inside = moneys().filter((one) => area.contains(one) && !one.closest("header,nav,footer,[class*=related],[class*=recommend],[class*=upsell],[class*=cross-sell]"));
  const listed = (one) => Boolean(one.closest("li,article")?.querySelector("a[href]") && area !== one.closest("li,article") && !one.closest("li,article").contains(head));
  const shownPrices = inside.filter((one) => !listed(one)).concat(inside.filter(listed));
  return { name: tidy(head?.textContent), head: head ? path(head) : "", offer: offered(),
    prices: shownPrices.slice(0, 20).map((one) => ({ text: amountText(one), path: path(one), named: new RegExp(spec.signs.price, "i").test(`${one.className} ${one.id} ${one.parentElement?.className || ""}`) })) };
};

const QTY = () => new RegExp(spec.signs.quantity, "i");
const isQuantity = (one) => /^(INPUT|SELECT)$/.test(one.tagName) && !/^(hidden|checkbox|radio|submit|button)$/.test(one.type)
  && (QTY().test(`${one.name} ${one.id} ${one.className}`) || says(squeeze(`${one.getAttribute("aria-label") || ""} ${[...(one.labels || [])].map(own).join(" ")}`), "quantity"));
const isRemove = (one) => {
  if (!/^(A|BUTTON|INPUT)$/.test(one.tagName) && one.getAttribute("role") !== "button") return false;
  if (one.tagName === "INPUT" && !/^(submit|button|image)$/.test(one.type)) return false;
  const text = squeeze(`${one.getAttribute("aria-label") || ""} ${one.value || ""} ${own(one)} ${one.title || ""}`);
  if (text.length > 100 || ((spec.words.remove_line || []).some((word) => word[0] === "!" && bound(text, squeeze(word.slice(1)))))) return false;
  if (words("remove_line").some((word) => (word.length > 2 ? bound(text, word) : bare(text) === word || text === word))) return true;
  const href = one.getAttribute("href") || one.getAttribute("formaction") || one.form?.getAttribute("action") || "";
  return new RegExp(spec.signs.remove_urls, "i").test(href) || new RegExp(spec.signs.remove, "i").test(`${one.name || ""} ${one.id} ${one.className}`);
};
const lineOf = (anchor, rivals) => {
  let best = null;
  for (let up = anchor.parentElement; up && up !== document.body && up !== root; up = up.parentElement) {
    if (rivals.some((one) => one !== anchor && up.contains(one)) || /^(MAIN|TABLE|TBODY|UL|OL)$/.test(up.tagName)) break;
    const named = [...up.querySelectorAll("a[href],h1,h2,h3,h4,h5,[class*=name],[class*=title],th,td,img[alt]")].some((one) => !isRemove(one) && letters(one.alt || own(one)));
    if (named && moneys().some((one) => up.contains(one))) {
      best = best || up;
      if (/^(TR|LI|ARTICLE)$/.test(up.tagName)) return up;
    }
  }
  return best;
};
const lines = () => {
  const all = elements().filter((one) => !one.closest("header,nav,footer"));
  const gone = all.filter((one) => isRemove(one) && drawn(one));
  const many = everyElement(root).filter((one) => isQuantity(one) && drawn(one) && !one.closest("header,nav,footer"));
  const rows = [];
  const add = (row) => { if (row && !rows.some((one) => one === row || one.contains(row))) rows.push(row); };
  if (spec.line) everyElement(root).filter((one) => one.matches(spec.line) && drawn(one)).forEach(add);
  else {
    gone.forEach((one) => add(lineOf(one, gone)));
    many.forEach((one) => add(lineOf(one, many)));
  }
  const kept = rows.filter((row) => !rows.some((other) => other !== row && row.contains(other)));
  return kept.slice(0, 100).map((row) => {
    const links = [...row.querySelectorAll("a[href]")].filter((one) => !isRemove(one) && !/^(#|javascript)/.test(one.getAttribute("href")));
    const titled = [...row.querySelectorAll("h1,h2,h3,h4,h5,[class*=name],[class*=title],[data-testid*=name],th")].filter((one) => letters(own(one)) && drawn(one));
    const link = links.filter((one) => letters(own(one))).sort((left, right) => own(right).length - own(left).length)[0] || links[0];
    const cell = [...row.children].find((one) => letters(own(one)) && !one.querySelector("button,input,select"));
    const name = link && letters(own(link)) ? own(link) : titled[0] ? own(titled[0]) : row.querySelector("img[alt]")?.alt || (cell ? own(cell) : "");
    const field = [...row.querySelectorAll("input,select")].find(isQuantity);
    const counted = [...row.querySelectorAll("*")].filter((one) => !one.children.length && /^\s*[×x]?\s*\d{1,3}\s*[×x]?\s*$/.test(one.textContent) && drawn(one))[0];
    const times = /(?:^|\s)(\d{1,3})\s*[×x]\s|[×x]\s*(\d{1,3})\b/.exec(own(row));
    const remover = gone.find((one) => row.contains(one));
    const marked = [row, ...row.querySelectorAll("[data-sku],[data-product-sku],[data-product_sku],[data-product-id],[data-product_id]")].map((one) => one.dataset.sku || one.dataset.productSku || one.dataset.product_sku || one.dataset.productId || one.dataset.product_id).find(Boolean);
    return {
      path: path(row), name: tidy(name), sku: tidy(marked || row.querySelector("input[name=sku]")?.value || "", 80),
      url: link ? new URL(link.getAttribute("href"), document.baseURI).pathname : "",
      quantity: tidy(field ? field.value : counted ? counted.textContent : times ? times[1] || times[2] : "", 10),
      field: field ? path(field) : "", remove: remover ? path(remover) : "",
      amounts: moneys().filter((one) => row.contains(one)).slice(0, 10).map((one) => ({ text: amountText(one), path: path(one), named: /unit|single|each|einzel|price/i.test(`${one.className} ${one.parentElement?.className || ""} ${one.getAttribute("data-testid") || ""}`) && !/total|sum|subtotal/i.test(`${one.className} ${one.parentElement?.className || ""}`) })),
    };
  });
};

const visibleText = () => (root === document ? document.body : root)?.innerText?.slice(0, 40_000) || "";
const deepest = (value) => {
  const hits = elements().filter((one) => one.textContent.includes(value) && drawn(one));
  const last = hits.filter((one) => ![...one.children].some((child) => child.textContent.includes(value) && drawn(child)));
  return last.length ? path(last[0]) : "";
};
const alerts = () => {
  const sign = new RegExp(spec.signs.alert, "i");
  const hits = elements().filter((one) => (one.getAttribute("role") === "alert" || one.getAttribute("aria-live") === "assertive"
    || sign.test(`${typeof one.className === "string" ? one.className : ""} ${one.id}`)) && drawn(one) && letters(one.innerText || "") && one.innerText.length < 600);
  return hits.filter((one) => !hits.some((other) => other !== one && one.contains(other))).slice(0, 10)
    .map((one) => ({ text: tidy(one.innerText, 300), path: path(one), good: /success|confirm|\binfo\b|alert-info|message--info|valid-ok/i.test(`${one.className} ${one.parentElement?.className || ""}`) && !/error|danger|alert-warn/i.test(String(one.className)) }));
};
const blocks = (name, length) => elements().filter((one) => {
  if (one.textContent.length > 4 * length) return false;
  const text = tidy(one.textContent, length + 1);
  return text.length <= length && letters(text) && !one.closest("header,nav,footer,button,a") && says(squeeze(text), name) && drawn(one);
}).filter((one, _at, all) => !all.some((other) => other !== one && one.contains(other))).slice(0, 20)
  .map((one) => ({ text: tidy(!/\d/.test(one.textContent) && one.parentElement && one.parentElement.innerText?.length <= length && one.parentElement !== root ? one.parentElement.innerText : one.innerText, length), path: path(one) }));
const reviews = () => {
  const sign = new RegExp(spec.signs.review, "i");
  let hits = elements().filter((one) => (one.matches('[itemprop="review"],[itemtype*="schema.org/Review"]') || sign.test(`${typeof one.className === "string" ? one.className : ""}`)) && drawn(one) && letters(one.innerText || "")
    && !one.matches("form,input,textarea,a,button,h1,h2,h3,label,nav") && !one.querySelector("form textarea"));
  const outer = hits.filter((one) => !hits.some((other) => other !== one && other.contains(one)));
  const inner = hits.filter((one) => !hits.some((other) => other !== one && one.contains(other)));
  hits = outer.length > 1 ? outer : inner;
  return { shown: hits.slice(0, 200).map((one) => path(one)), told: jsonld("Review").length || [].concat(jsonld("Product")[0]?.review ?? []).length };
};
const orders = () => jsonld("Order").map((one) => tidy(String(one.orderNumber ?? ""), 60)).filter(Boolean)
  .concat([...document.querySelectorAll('[itemprop="orderNumber"]')].map((one) => tidy(one.getAttribute("content") ?? one.textContent, 60)));

// Products in a list: an amount and one address together, whatever the address looks like.
const cards = () => {
  const found = new Map();
  for (const money of moneys()) {
    if (place(money) !== "main" && money.closest("header,nav,footer")) continue;
    for (let up = money, deep = 0; up && up !== document.body && deep < 8; up = up.parentElement, deep += 1) {
      const links = [up.closest("a[href]"), ...up.querySelectorAll("a[href]")].filter((one) => one && !isRemove(one) && !/^(#|javascript)/.test(one.getAttribute("href")) && !one.closest("nav"));
      const urls = new Set(links.map((one) => new URL(one.getAttribute("href"), /^http/.test(document.baseURI) ? document.baseURI : "http://shop.invalid").pathname));
      if (urls.size > 2) break;
      const named = links.filter((one) => letters(own(one))).sort((left, right) => own(right).length - own(left).length)[0];
      if (named && drawn(named)) {
        const head = named.querySelector("h1,h2,h3,h4,h5,[class*=name],[class*=title]");
        found.set([...urls][0], tidy(own(head || named)));
        break;
      }
    }
  }
  return [...found].slice(0, 60).map(([url, name]) => ({ url, name }));
};

const parts = {
  cards, sums, product, lines, alerts, reviews, orders, text: visibleText,
  path: () => deepest(spec.value), blocks: () => blocks(spec.block, spec.length || 200),
};
return Object.fromEntries(spec.what.map((name) => [name, parts[name]()]));
