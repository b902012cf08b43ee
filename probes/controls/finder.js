// Finds many named controls of a page at once. What it returns is text of the page: hostile.
const CONTROL = "input,select,textarea,button,a,summary,label,[role],[contenteditable=''],[contenteditable=true]";

const names = (element) => {
  const tag = element.tagName;
  const by = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
    .map((id) => element.getRootNode().getElementById?.(id)?.textContent).filter(Boolean);
  const said = by.length ? by : [element.getAttribute("aria-label")];
  if (tag === "INPUT" || tag === "SELECT" || tag === "TEXTAREA") {
    said.push(...[...(element.labels || [])].map(own));
    if (["submit", "button", "reset", "image"].includes(element.type)) said.push(element.value || element.alt);
  } else {
    said.push(own(element), ...[...element.querySelectorAll("img[alt],svg title")].map((one) => one.alt || one.textContent));
  }
  const sure = said.map(squeeze).filter(Boolean);
  const group = ticks(element) && element.type === "radio" && element.closest("fieldset,[role=radiogroup],[role=group]");
  const legend = group ? [group.getAttribute("aria-label"), group.querySelector("legend,h2,h3,h4")?.textContent.slice(0, 60)] : [];
  const weak = [...legend, element.getAttribute("placeholder"), element.getAttribute("title")];
  if (!sure.length && /INPUT|SELECT|TEXTAREA/.test(tag)) {
    const before = element.previousElementSibling || element.closest("td,dd,p,div")?.previousElementSibling;
    if (before && !before.querySelector("input,select,textarea,button")) weak.push(own(before).slice(0, 60));
  }
  return { sure, all: sure.concat(weak.map(squeeze).filter(Boolean)) };
};

const kindOf = (element) => {
  const tag = element.tagName;
  const role = element.getAttribute("role");
  const type = (element.type || "").toLowerCase();
  if (tag === "INPUT") {
    if (type === "hidden" || type === "file" || type === "reset") return "";
    if (["submit", "button", "image"].includes(type)) return "button";
    return type === "radio" ? "choice" : type === "checkbox" ? "box" : "field";
  }
  if (tag === "SELECT" || tag === "TEXTAREA" || element.isContentEditable) return "field";
  if (role === "button" || tag === "BUTTON" || tag === "SUMMARY") return "button";
  if (role === "radio") return "choice";
  if (role === "checkbox" || role === "switch") return "box";
  if (role === "textbox" || role === "searchbox") return "field";
  if (role === "link" || (tag === "A" && (element.hasAttribute("href") || element.onclick))) return "link";
  return "";
};
const FITS = {
  field: { field: 0 }, box: { box: 0 }, choice: { choice: 0, button: -8, box: -8, link: -10 },
  button: { button: 0, link: -4 }, link: { link: 0, button: -4 },
};

const everything = () => {
  const found = [];
  const visit = (place) => {
    for (const element of place.querySelectorAll("*")) {
      if (element.matches(CONTROL)) found.push(element);
      if (element.shadowRoot) visit(element.shadowRoot);
    }
  };
  visit(root);
  return found;
};

const wordScore = (texts, words) => {
  let best = 0;
  for (const text of texts) {
    const plain = bare(text);
    for (const word of words) {
      if (plain === word) best = Math.max(best, 80);
      else if (word.length > 2 && text.length <= TEXT && bound(text, word)) {
        best = Math.max(best, 40 + Math.round(30 * (word.length / text.length)) + (text.startsWith(word) ? 6 : 0));
      }
    }
  }
  return best;
};

const formText = (element) => {
  const form = element.form || element.closest("form");
  return form ? squeeze(`${form.id} ${form.className} ${form.getAttribute("action") || ""} ${form.name || ""}`) : "";
};
const address = (element) => {
  const raw = element.tagName === "A" ? element.getAttribute("href") : element.getAttribute("formaction")
    || ((element.type === "submit" || element.tagName === "BUTTON") && element.form?.getAttribute("action")) || "";
  if (!raw || /^(javascript|mailto|tel):/i.test(raw)) return "";
  if (raw.startsWith("#")) return raw;
  try {
    const url = new URL(raw, /^http/.test(document.baseURI) ? document.baseURI : "http://shop.invalid");
    return (url.pathname + url.search + url.hash).toLowerCase();
  } catch { return ""; }
};

const candidates = () => everything().filter((element) => kindOf(element)).map((element, at) => ({
  element, at, kind: kindOf(element), said: null, looks: null, where: place(element),
  token: (element.getAttribute("autocomplete") || "").toLowerCase().trim().split(/\s+/),
  key: [element.getAttribute("name"), element.id].filter(Boolean).map((one) => one.toLowerCase()),
}));
const usable = (one) => {
  if (one.looks === null) one.looks = shown(one.element) && enabled(one.element);
  return one.looks;
};
const HOME = {
  any: { around: 0, main: 0, footer: -6 }, listing: { around: -30, main: 0, footer: -30 },
};
const score = (one, want) => {
  const fit = FITS[want.kind]?.[one.kind];
  if (fit === undefined || (want.kind === "choice" && one.kind === "link" && !want.links)) return null;
  if (one.said === null) one.said = names(one.element);
  const texts = one.said.all;
  if (want.not.some((word) => texts.some((text) => bound(text, word)))) return null;
  let best = 0;
  let how = "";
  const better = (points, by) => { if (points > best) { best = points; how = by; } };
  const token = one.token[one.token.length - 1] === "webauthn" ? one.token[one.token.length - 2] : one.token[one.token.length - 1];
  if (want.autocomplete.includes(token)) {
    better(110 - want.autocomplete.indexOf(token) * 2 - (one.token.includes("billing") ? 15 : 0), `autocomplete="${token}"`);
  } else if (want.autocomplete.length && token && !/^(on|off|nope|new-password|none)$/.test(token)
    && /^(email|name|given-name|family-name|street-address|address-line[123]|postal-code|address-level[12]|country(-name)?|tel|cc-.*|organization)$/.test(token)) {
    return null;
  }
  const type = (one.element.getAttribute("type") || "").toLowerCase();
  if (want.types.includes(type)) better(75, `type="${type}"`);
  const words = wordScore(texts, want.words);
  if (words) better(words, `the words "${texts.find((text) => wordScore([text], want.words) === words).slice(0, 60)}"`);
  if (want.names && one.key.some((key) => want.names.test(key))) {
    better(58 + (words >= 60 ? 10 : 0), `its name "${one.key[0].slice(0, 40)}"`);
  }
  if (want.urls) {
    const url = one.kind === "button" || one.kind === "link" ? address(one.element) : "";
    if (url && want.urls.test(url)) better(62 + (words >= 60 ? 22 : 0), `its address ${url.slice(0, 60)}`);
  }
  if (want.actions && one.kind === "button" && one.element.form && want.actions.test(address(one.element))) {
    better(62 + (words >= 60 ? 22 : 0), "its form's address");
  }
  if (want.forms && one.kind === "field" && want.forms.test(formText(one.element))) better(52, "its form's name");
  if (!best) return null;
  let total = best + fit + ((HOME[want.page] || { around: -12, main: 0, footer: -25 })[one.where]);
  if (want.kind === "button" && one.element.type === "submit") total += 3;
  if (want.kind === "field" && want.page !== "any" && /newsletter|subscribe|search|login/.test(formText(one.element))) total -= 45;
  if (want.kind === "field" && one.element.readOnly) total -= 20;
  return { total, how };
};

const told = (one, grade) => ({
  path: one.path ||= path(one.element), at: one.at,
  modal: Boolean(one.element.closest("dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true],.modal")),
  covered: Boolean(one.covered),
  how: grade.how, score: grade.total, kind: one.kind,
  tag: one.element.tagName.toLowerCase(), type: (one.element.getAttribute("type") || "").toLowerCase(),
  text: (one.said.all[0] || "").slice(0, TEXT), value: String(one.element.value ?? "").slice(0, TEXT),
  checked: Boolean(one.element.checked || one.element.getAttribute("aria-checked") === "true"),
  required: Boolean(one.element.required || one.element.getAttribute("aria-required") === "true"),
  url: address(one.element).slice(0, 300),
});
const look = () => {
  const all = candidates();
  const found = {};
  for (const want of wants) {
    const graded = [];
    for (const one of all) {
      const grade = score(one, want);
      if (grade && grade.total >= 40 && usable(one)) graded.push([one, grade]);
    }
    for (const [one, grade] of graded) {
      one.covered ??= covered(one.element);
      if (one.covered) grade.total -= 30;
    }
    graded.sort((left, right) => right[1].total - left[1].total);
    found[want.name] = graded.filter(([, grade]) => grade.total >= 30).slice(0, 40).map(([one, grade]) => told(one, grade));
  }
  return found;
};
const wants = spec.controls.map((want) => ({
  ...want,
  names: want.names ? new RegExp(want.names, "i") : null,
  urls: want.urls ? new RegExp(want.urls, "i") : null,
  actions: want.actions ? new RegExp(want.actions, "i") : null,
  forms: want.forms ? new RegExp(want.forms, "i") : null,
  words: want.words.filter((word) => word[0] !== "!").map(squeeze),
  not: want.words.filter((word) => word[0] === "!").map((word) => squeeze(word.slice(1))),
}));
const any = (found) => spec.any ? wants.some((want) => found[want.name].length) : true;

let found = look();
if (any(found) || !spec.wait_ms) return found;
return new Promise((resolve) => {
  const end = performance.now() + spec.wait_ms;
  const again = () => {
    found = look();
    if (any(found) || performance.now() >= end) resolve(found);
    else setTimeout(again, 25);
  };
  setTimeout(again, 10);
});
