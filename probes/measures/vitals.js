// Measures one document from its first instant; runs before any script of the page.
// Read by one evaluate; a document that is left tells its final figures on the console.
// Definitions: web.dev/articles/vitals, /lcp, /inp, /cls, /tbt. Times in ms since the
// navigation began. Inside an iframe only the requests are told.
(() => {
  // What a browser shows in place of a page that did not come has the address of that page.
  if (!location.protocol.startsWith("http")) return;
  performance.setResourceTimingBufferSize?.(1000);
  const inside = window.top !== window;
  const ROWS = 300; // requests of one document that are told one by one
  const DCL_DIFFERS_MS = 50; // heard and timed: more apart, and neither is believed
  const found = { fcp: null, lcp: null, cls: 0, shifts: false, dcl: null };
  const tasks = [];
  const session = { value: 0, first: 0, last: 0 };
  const observers = [];
  const clean = (value) => Math.round(value * 100) / 100;
  // Taken before a script of the page can.
  const { debug } = console;
  const { stringify } = JSON;
  const { assign } = Object;
  // Old libraries teach every object a toJSON of its own (Prototype.js): ours has none.
  const plain = (value) => assign(value, { toJSON: undefined });

  const observe = (type, each, more) => {
    try {
      const take = (entries) => entries.forEach(each);
      const observer = new PerformanceObserver((list) => take(list.getEntries()));
      observer.observe({ type, buffered: true, ...more });
      observers.push(() => take(observer.takeRecords()));
      return true;
    } catch {
      return false; // a browser without this measure: the cell stays empty
    }
  };
  const describe = (element) => {
    if (!element) return null;
    const id = element.id ? `#${element.id}` : "";
    const name = typeof element.className === "string" ? element.className.trim() : "";
    const classes = name ? `.${name.split(/\s+/).slice(0, 2).join(".")}` : "";
    return `${element.localName}${id || classes}`.slice(0, 80);
  };

  // Interactions by id, each with its longest event; the ten longest are enough for the
  // 98th percentile of 500. A browser counts all, also those too short to be told.
  const ids = new Map();
  const touched = (entry) => {
    if (!entry.interactionId) return;
    const known = ids.get(entry.interactionId) ?? 0;
    ids.set(entry.interactionId, Math.max(known, entry.duration));
    if (ids.size > 20) for (const [id] of [...ids].sort((a, b) => b[1] - a[1]).slice(10)) ids.delete(id);
  };
  // The worst interaction; on a page with many, one of each 50 is left out as an outlier.
  const inp = () => {
    if (!ids.size) return null;
    const longest = [...ids.values()].sort((a, b) => b - a);
    const count = performance.interactionCount ?? ids.size;
    return longest[Math.min(longest.length - 1, Math.floor(count / 50))];
  };
  // An interaction is told with the frame after it, so one is asked for. Two frames later one
  // that was worth telling has been told; others never are. Those two are waited for when
  // somebody looks: most interactions lead to another page, where nobody will (measured: each
  // frame is 3 ms of processor time).
  let touches = 0;
  let told = 0;
  let waiting = 0;
  const touch = () => {
    touches += 1;
    requestAnimationFrame(() => {});
  };
  const wait = () => {
    if (waiting === touches) return;
    const mine = (waiting = touches);
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => (told = mine), 0)));
  };
  let longTasks = false;
  if (!inside) {
    for (const type of ["pointerup", "keyup", "click"])
      addEventListener(type, touch, { capture: true, passive: true });
    observe("paint", (entry) => {
      if (entry.name === "first-contentful-paint") found.fcp = entry.startTime;
    });
    observe("largest-contentful-paint", (entry) => (found.lcp = entry));
    // The worst burst of shifts: at most 1 s between two, at most 5 s in all.
    found.shifts = observe("layout-shift", (entry) => {
      if (entry.hadRecentInput) return;
      const near = entry.startTime - session.last < 1000 && entry.startTime - session.first < 5000;
      if (!near || session.value === 0) Object.assign(session, { value: 0, first: entry.startTime });
      session.value += entry.value;
      session.last = entry.startTime;
      found.cls = Math.max(found.cls, session.value);
    });
    longTasks = observe("longtask", (entry) => tasks.push([entry.startTime, entry.duration]));
    observe("event", touched, { durationThreshold: 16 });
    observe("first-input", touched);
    addEventListener("DOMContentLoaded", () => (found.dcl = performance.now()), { capture: true, once: true });
  }

  // What tasks of more than 50 ms kept waiting after the first paint.
  const blocked = () =>
    found.fcp === null || !longTasks
      ? null
      : tasks
          .map(([start, duration]) => start + duration - Math.max(start, found.fcp))
          .reduce((sum, held) => sum + Math.max(held - 50, 0), 0);
  // Until the largest element's resource is asked for, is there, is painted.
  const phases = (ttfb) => {
    const entry = found.lcp;
    if (!entry || ttfb === null) return {};
    const lcp = entry.startTime;
    const part = entry.url && performance.getEntriesByName(entry.url, "resource")[0];
    const asked = part ? Math.max(ttfb, part.requestStart || part.startTime) : ttfb;
    const there = part ? Math.min(lcp, Math.max(asked, part.responseEnd)) : asked;
    return {
      lcp_delay_ms: Math.min(asked, lcp) - ttfb,
      lcp_load_ms: there - Math.min(asked, lcp),
      lcp_render_ms: lcp - there,
    };
  };
  const dcl = (navigation) => {
    const timed = navigation?.domContentLoadedEventEnd;
    if (!(timed > 0)) return null;
    const from = navigation.domContentLoadedEventStart - DCL_DIFFERS_MS;
    const agree = found.dcl === null || (found.dcl >= from && found.dcl <= timed + DCL_DIFFERS_MS);
    return agree ? timed : null;
  };
  // What a request was for, as browsers' own tools name it; the book knows who asked for it.
  const KINDS = {
    img: "image", image: "image", input: "image", xmlhttprequest: "xhr", navigation: "document",
    iframe: "document", frame: "document", video: "media", audio: "media", beacon: "ping",
  };
  const SHAPES = [
    [/^font\/|\.(woff2?|ttf|otf)$/, "font"],
    [/^text\/css|\.css$/, "stylesheet"],
    [/^image\/|\.(png|jpe?g|gif|webp|avif|svg|ico)$/, "image"],
    [/javascript|\.m?js$/, "script"],
  ];
  const kind = (entry) => {
    const by = entry.initiatorType;
    if (by !== "link" && by !== "css") return KINDS[by] ?? by;
    const says = entry.contentType || entry.name.split(/[?#]/)[0];
    const found = SHAPES.find(([pattern]) => pattern.test(says));
    return found ? found[1] : by === "link" ? "stylesheet" : "image";
  };
  const row = (entry) => plain([
    entry.name.slice(0, 2000),
    kind(entry),
    ...[
      entry.startTime, entry.fetchStart, entry.domainLookupStart, entry.domainLookupEnd,
      entry.connectStart, entry.secureConnectionStart, entry.connectEnd, entry.requestStart,
      entry.responseStart, entry.responseEnd,
    ].map(clean),
    entry.transferSize || 0,
    entry.encodedBodySize || 0,
    entry.responseStatus || 0,
    entry.nextHopProtocol || "",
    entry.initiatorUrl || "",
  ]);
  // By host: how many requests and how many bytes. Another site hides its sizes unless it
  // says Timing-Allow-Origin: those are named, so that their Content-Length can stand in.
  const traffic = () => {
    const [hosts, unsized, rows] = [plain({}), plain([]), plain([])];
    // An iframe's own document is among the requests of the page that holds it.
    const navigation = inside ? [] : performance.getEntriesByType("navigation");
    for (const entry of [...navigation, ...performance.getEntriesByType("resource")]) {
      let host;
      try {
        host = new URL(entry.name);
      } catch {
        continue;
      }
      if (!host.protocol.startsWith("http")) continue;
      const counts = (hosts[host.origin] ??= plain([0, 0]));
      counts[0] += 1;
      counts[1] += entry.transferSize || 0;
      const hidden = entry.transferSize === 0 && entry.encodedBodySize === 0;
      if (hidden && unsized.length < ROWS) unsized.push(entry.name);
      if (rows.length < ROWS) rows.push(row(entry));
    }
    return plain({ hosts, unsized, rows });
  };
  const read = () => {
    for (const flush of observers) flush();
    const [navigation] = performance.getEntriesByType("navigation");
    const past = (value) => (value > 0 ? value : null);
    const ttfb = navigation ? past(navigation.responseStart) : null;
    const figures = {
      inside,
      // The browser's own clock starts with its process and may have drifted since.
      began: performance.timeOrigin,
      drift: Date.now() - performance.timeOrigin - performance.now(),
      url: navigation?.name || location.href,
      traffic: traffic(),
      ...(inside
        ? {}
        : {
            ttfb_ms: ttfb,
            fcp_ms: found.fcp,
            lcp_ms: found.lcp?.startTime ?? null,
            lcp_element: describe(found.lcp?.element),
            lcp_url: found.lcp?.url || null,
            ...phases(ttfb),
            cls: found.shifts ? found.cls : null,
            inp_ms: inp(),
            tbt_ms: blocked(),
            dcl_ms: dcl(navigation),
            load_ms: navigation ? past(navigation.loadEventEnd) : null,
          }),
    };
    // As text: told value by value, a page of twenty requests is four hundred of them.
    return stringify(plain(figures));
  };
  // A page that is left tells its final figures.
  const tell = () => debug.call(console, `__forepost ${read()}`);
  // Right after a fast step the paints are not there yet: wait for them, but briefly.
  const settle = (limit_ms) =>
    new Promise((done) => {
      const end = performance.now() + limit_ms;
      const look = () => {
        const [navigation] = performance.getEntriesByType("navigation");
        if (told !== touches) wait();
        const there = told === touches && found.fcp !== null && found.lcp !== null && navigation?.loadEventEnd > 0;
        if (inside || there || performance.now() >= end) done(read());
        else setTimeout(look, 5);
      };
      look();
    });
  const painted = () => found.fcp !== null;
  Object.defineProperty(window, "__forepost", { value: Object.freeze({ settle, painted }) });
  addEventListener("beforeunload", tell);
})();
