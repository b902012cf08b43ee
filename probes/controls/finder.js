// Finds many named controls of a page at once. Called as (spec) on a page or a frame, or as
// (element, spec) to look inside an element. What it returns is text of the page: hostile.
(first, second) => {
  const root = second ? first : document;
  const spec = second || first;
  const TEXT = 160;
  const CONTROL = "input,select,textarea,button,a,summary,label,[role],[contenteditable=''],[contenteditable=true]";

  const squeeze = (text) => (text || "").normalize("NFKD").replace(/\p{M}/gu, "").replace(/ß/g, "ss")
    .toLowerCase().replace(/[\s\u200b-\u200f\u202a-\u202e]+/g, " ").trim();
  const own = (node) => {
    // What people read in it, without the texts of controls inside (the options of a select).
    const copy = node.cloneNode(true);
    copy.querySelectorAll("select,option,script,style,textarea,input,[hidden],[aria-hidden=true]").forEach((one) => one.remove());
    return copy.textContent;
  };
  const drawn = (element) => {
    if (!element.isConnected) return false;
    if (element.checkVisibility && !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) return false;
    const wide = Math.max(document.documentElement.scrollWidth, innerWidth);
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0 || box.left + scrollX >= wide) return false;
    for (let up = element; up; up = up.parentElement) {
      if (up.inert || up.getAttribute("aria-hidden") === "true") return false;
    }
    return true;
  };
  const ticks = (element) => element.matches("input[type=radio],input[type=checkbox]");
  const shown = (element) => drawn(element)
    || (ticks(element) && [...(element.labels || [])].some(drawn));
  const enabled = (element) => !element.disabled && element.getAttribute("aria-disabled") !== "true"
    && !element.closest("fieldset[disabled]");
  const covered = (element) => {
    const box = element.getBoundingClientRect();
    const x = box.left + box.width / 2;
    const y = box.top + box.height / 2;
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return false;
    let top = document.elementFromPoint(x, y);
    while (top && top.shadowRoot) {
      const inner = top.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === top) break;
      top = inner;
    }
    if (!top || element.contains(top) || top.contains(element)) return false;
    return ![...(element.labels || [])].some((label) => label.contains(top) || top.contains(label));
  };

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
    const weak = [element.getAttribute("placeholder"), element.getAttribute("title")];
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
    field: { field: 0 }, box: { box: 0 }, choice: { choice: 0, button: -8 },
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

  const unique = (home, selector, element) => {
    const hits = home.querySelectorAll(selector);
    return hits.length === 1 && hits[0] === element;
  };
  const steady = (home, element) => {
    const id = element.id;
    if (id && unique(home, `#${CSS.escape(id)}`, element)) return `#${CSS.escape(id)}`;
    for (const key of ["data-testid", "data-test", "name"]) {
      const value = element.getAttribute(key);
      const selector = `${element.tagName.toLowerCase()}[${key}=${JSON.stringify(value)}]`;
      if (value && !/["\\\n]/.test(value) && unique(home, selector, element)) return selector;
    }
    return "";
  };
  const path = (element) => {
    if (element === root) return ":scope";
    const parts = [];
    let node = element;
    let steps = [];
    while (node) {
      const home = node.getRootNode();
      const base = second && root.getRootNode() === home ? root : home;
      const sure = steady(base, node);
      if (sure) {
        steps.unshift(sure);
      } else if (node === base) {
        steps.unshift(":scope");
      } else {
        const place = [...node.parentNode.children].indexOf(node) + 1;
        steps.unshift(`${node.tagName.toLowerCase()}:nth-child(${place})`);
        if (node.parentElement) {
          node = node.parentElement;
          continue;
        }
      }
      parts.unshift(steps.join(" > "));
      steps = [];
      node = home instanceof ShadowRoot && home !== root ? home.host : null;
      if (node === root) break;
    }
    return parts.join(" >> ");
  };

  const bound = (text, phrase) => {
    const at = text.indexOf(phrase);
    if (at < 0) return false;
    const letter = /[\p{L}\p{N}]/u;
    if (!letter.test(phrase)) return text === phrase;
    const before = at === 0 || !letter.test(text[at - 1]) || !letter.test(phrase[0]);
    const end = at + phrase.length;
    const after = end === text.length || !letter.test(text[end]) || !letter.test(phrase[phrase.length - 1]);
    return (before && after) || bound(text.slice(at + 1), phrase);
  };
  const bare = (text) => text.replace(/[\s*:?!.>»›→←<()✓\d]+$/g, "").replace(/^[\s*<‹«←>»›→()]+/g, "");
  const wordScore = (texts, words) => {
    let best = 0;
    for (const text of texts) {
      const plain = bare(text);
      for (const word of words) {
        if (plain === word) best = Math.max(best, 80);
        else if (text.length <= TEXT && bound(text, word)) {
          best = Math.max(best, 40 + Math.round(30 * (word.length / text.length)) + (text.startsWith(word) ? 6 : 0));
        }
      }
    }
    return best;
  };

  const place = (element) => {
    const around = element.closest("header,nav,footer,aside,[role=navigation],[role=banner],[role=contentinfo]");
    return around ? (around.tagName === "FOOTER" || around.getAttribute("role") === "contentinfo" ? "footer" : "around") : "main";
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
      const url = new URL(raw, document.baseURI);
      return (url.pathname + url.search + url.hash).toLowerCase();
    } catch { return ""; }
  };

  const candidates = () => everything().filter((element) => kindOf(element)).map((element) => ({
    element, kind: kindOf(element), said: null, looks: null, where: place(element),
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
    if (fit === undefined) return null;
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
      const url = address(one.element);
      if (url && want.urls.test(url)) better(62 + (words >= 60 ? 22 : 0), `its address ${url.slice(0, 60)}`);
    }
    if (!best) return null;
    let total = best + fit + ((HOME[want.page] || { around: -12, main: 0, footer: -25 })[one.where]);
    if (want.kind === "button" && one.element.type === "submit") total += 3;
    if (want.kind === "field" && want.page !== "any" && /newsletter|subscribe|search|login/.test(formText(one.element))) total -= 45;
    if (want.kind === "field" && one.element.readOnly) total -= 20;
    return { total, how };
  };

  const told = (one, grade) => ({
    path: path(one.element), how: grade.how, score: grade.total, kind: one.kind,
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
      for (const [one, grade] of graded) if (covered(one.element)) grade.total -= 30;
      graded.sort((left, right) => right[1].total - left[1].total);
      found[want.name] = graded.filter(([, grade]) => grade.total >= 30).slice(0, 40).map(([one, grade]) => told(one, grade));
    }
    return found;
  };
  const wants = spec.controls.map((want) => ({
    ...want,
    names: want.names ? new RegExp(want.names, "i") : null,
    urls: want.urls ? new RegExp(want.urls, "i") : null,
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
}
