// A guard in the page: see guard.py. Called with the words of buttons that buy.
(words) => {
  const squeeze = (text) => (text || "").normalize("NFKD").replace(/\p{M}/gu, "").replace(/ß/g, "ss")
    .toLowerCase().replace(/\s+/g, " ").trim();
  const PATHS = /(checkout|kasse|caisse|commande|cassa|afrekenen|zamowieni|pagar|payment|onepage|order)/i;
  const paying = () => PATHS.test(location.pathname)
    || document.querySelector("[autocomplete^=cc-],input[type=radio][name*=payment i],#place_order");
  const buys = (element) => {
    const said = squeeze(element.innerText || element.value || element.getAttribute("aria-label")
      || element.title);
    return said.length < 80 && words.some((word) => said === word || said.startsWith(`${word} `));
  };
  const stop = (event, element) => {
    window.__forepost_kept_from = squeeze(element.innerText || element.value).slice(0, 80) || "a form";
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("click", (event) => {
    const from = event.composedPath()[0] ?? event.target;  // also inside a shadow root
    const element = from?.closest?.("button,input[type=submit],input[type=image],a,[role=button]");
    if (element && paying() && buys(element)) stop(event, element);
  }, true);
  addEventListener("submit", (event) => {
    const element = event.submitter || event.target.querySelector("button:not([type=button]),[type=submit]");
    if (element && paying() && buys(element)) stop(event, element);
  }, true);
}
