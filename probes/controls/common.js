// What finder.js and reader.js share: `root` and `spec`, what is seen, where it stands.
// Both run as (spec) on a page or a frame, or as (element, spec) to look inside an element.
const root = second ? first : document;
const spec = second || first;
const TEXT = 160;

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
const place = (element) => {
  const around = element.closest("header,nav,footer,aside,[role=navigation],[role=banner],[role=contentinfo]");
  return around ? (around.tagName === "FOOTER" || around.getAttribute("role") === "contentinfo" ? "footer" : "around") : "main";
};
