// Two questions about a button in a banner or a window: may a customer press it, is it in the way?
(() => {
  const up = (element) => element.parentElement || element.getRootNode().host || null;
  const bare = (text) => ` ${text.toLowerCase().replace(/[^\p{L}\p{N}'’-]+/gu, " ").trim()} `;
  const says = (text, words) => words.some((word) => bare(text).includes(bare(word)));
  const REFUSES = /^\s*(no|not|nein|non|nee)(?![\p{L}\p{N}])/iu;
  const NAMED = /cookie|consent/i;
  const COOKIES = /cookie|consent|datenschutz|privacy|einwilligung|privat|vie priv|privacidad/i;
  const ASKS = "input[type=email],input[type=tel],input[autocomplete~=email],input[name*=mail i]";
  const named = (element) => `${element.id} ${element.className}`;
  const over = (element) => element.matches("dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true]")
    || ["fixed", "sticky"].includes(getComputedStyle(element).position);

  // Whether it belongs to something that speaks of cookies (`kind` consent…) or lies over the
  // page, and is no button that buys, subscribes, or accepts what such a window offers.
  const harmless = (button, { kind, newsletter, buys }) => {
    const own = `${button.innerText || button.value || ""} ${button.getAttribute("aria-label") || ""}`;
    if (says(own, [...newsletter, ...buys]) && !REFUSES.test(own)) return false;
    if (kind !== "consent_refuse" && button.type === "submit" && button.form?.querySelector(ASKS)) return false;
    for (let at = up(button), deep = 0; at && at !== document.body && deep < 10; at = up(at), deep += 1) {
      const lies = over(at);
      const text = (at.innerText || "").slice(0, 3000);
      if (kind === "consent_accept" && (at.querySelector(ASKS) || says(text, newsletter))) return false;
      if (kind === "modal_close" ? lies
        : COOKIES.test(`${named(at)} ${text}`) && (lies || NAMED.test(named(at)))) return true;
    }
    return false;
  };

  // Whether what lies over a control goes with a button: both in one window, the control not in it.
  const covers = (button, control) => {
    const box = control.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (!top || control.contains(top) || top.contains(control)) return false;
    for (let at = button; at && at !== document.body; at = up(at)) {
      if (at.contains(control)) return false;
      if (at.contains(top)) return true;
    }
    // A dim sheet beside the window, as many shops make it.
    return !(top.innerText || "").trim() && ["fixed", "absolute"].includes(getComputedStyle(top).position);
  };
  return { harmless, covers };
})()
