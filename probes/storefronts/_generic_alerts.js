// Remembers what alerts said, since some fade before anybody looks.
(() => {
  if (window.top !== window || window.__forepostSaid) return;
  const said = [];
  Object.defineProperty(window, "__forepostSaid", { value: said });
  const SIGN = /(^|[\s_-])(alert|error|errors|errorlist|toast|flash|notification|snackbar|invalid-feedback)([\s_-]|$)/i;
  const alarm = (element) => {
    for (let up = element, deep = 0; up && deep < 4; up = up.parentElement, deep += 1) {
      const role = up.getAttribute("role");
      const named = typeof up.className === "string" ? up.className : "";
      if (/success|confirm|\binfo\b/i.test(named)) return false;
      if (role === "alert" || up.getAttribute("aria-live") === "assertive" || SIGN.test(named)) return true;
    }
    return false;
  };
  const note = (node) => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    const inner = element?.querySelector?.("[role=alert],[aria-live=assertive]");
    const text = ((inner || element)?.innerText || "").replace(/\s+/g, " ").trim().slice(0, 300);
    if (text && said.length < 50 && !said.includes(text) && (inner || alarm(element))) said.push(text);
  };
  new MutationObserver((changes) => {
    for (const change of changes.slice(0, 200)) {
      if (change.type !== "childList") note(change.target);
      else [...change.addedNodes].slice(0, 20).forEach(note);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class", "hidden", "style"] });
})();
