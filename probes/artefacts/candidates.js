// The controls of a document as a customer would name them: role, name, state, opening tag.
// Own spelling of what WAI-ARIA and HTML-AAM say, as far as a shop needs it; bounded.
(most) => {
  const roles = {
    A: (e) => (e.hasAttribute("href") ? "link" : ""),
    BUTTON: () => "button",
    SUMMARY: () => "button",
    TEXTAREA: () => "textbox",
    SELECT: () => "combobox",
    IMG: () => "img",
    DIALOG: () => "dialog",
    IFRAME: () => "iframe",
    INPUT: (e) =>
      ({
        submit: "button", button: "button", image: "button", reset: "button",
        checkbox: "checkbox", radio: "radio", range: "slider", number: "spinbutton",
        search: "searchbox", hidden: "",
      })[e.type] ?? "textbox",
  };
  const roleOf = (e) => {
    const said = (e.getAttribute("role") || "").trim().split(/\s+/)[0];
    if (said) return said;
    if (/^H[1-6]$/.test(e.tagName)) return "heading";
    if (e.isContentEditable) return "textbox";
    return roles[e.tagName] ? roles[e.tagName](e) : "";
  };
  const clean = (text) => String(text || "").replace(/\s+/g, " ").trim().slice(0, 160);
  const nameOf = (e, role) => {
    const by = (e.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const root = e.getRootNode();
    const named = by.map((id) => root.getElementById?.(id)?.textContent || "").join(" ");
    const labels = e.labels ? [...e.labels].map((l) => l.innerText).join(" ") : "";
    const button = e.tagName === "INPUT" && role === "button" ? e.value || e.alt : "";
    const typed = ["textbox", "searchbox", "spinbutton", "combobox", "slider"].includes(role);
    return (
      clean(named) || clean(e.getAttribute("aria-label")) || clean(labels) || clean(button) ||
      (typed ? "" : clean(e.innerText) || clean(e.querySelector?.("img[alt]")?.alt)) ||
      clean(e.getAttribute("alt")) || clean(e.getAttribute("title")) ||
      clean(e.getAttribute("placeholder"))
    );
  };
  const found = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (found.length >= most) return;
      if (e.shadowRoot) walk(e.shadowRoot);
      const role = roleOf(e);
      if (!role) continue;
      const box = e.getBoundingClientRect();
      const style = getComputedStyle(e);
      const tag = e.cloneNode(false);
      tag.removeAttribute("value");
      tag.removeAttribute("srcdoc");
      found.push({
        role,
        name: nameOf(e, role),
        id: clean(e.getAttribute("data-testid") || e.id || e.getAttribute("name")),
        placeholder: clean(e.getAttribute("placeholder")),
        visible: box.width > 0 && box.height > 0 && style.visibility !== "hidden",
        enabled: !e.disabled && e.getAttribute("aria-disabled") !== "true",
        html: tag.outerHTML.slice(0, 600),
      });
    }
  };
  walk(document);
  return found;
}
