// Paths of lists that a shop's head leads to: what is no list is left out by its words.
() => {
  const links = [...document.querySelectorAll("nav a[href],header a[href],aside a[href]")];
  const other = links.filter((a) => a.host === location.host && a.pathname !== "/");
  const paths = [...new Set(other.map((a) => a.pathname))].slice(0, 200);
  return paths.filter((path) => path !== location.pathname
    && !/log-?(in|out)|sign-?(in|up)|account|cart|basket|checkout|contact|wish/i.test(path));
}
