// Measures one document from its first instant; runs before any script of the page.
// Read by one evaluate; a document that is left tells its final figures on the console.
// Definitions: web.dev/articles/vitals. Times in ms since the navigation began.
(() => {
  if (window.top !== window || location.protocol === "about:") return;
  performance.setResourceTimingBufferSize?.(1000);
  const found = { fcp: null, lcp: null, element: null, cls: 0, shifts: false };
  const tasks = [];
  const session = { value: 0, first: 0, last: 0 };

  const observe = (type, each) => {
    try {
      const observer = new PerformanceObserver((list) => list.getEntries().forEach(each));
      observer.observe({ type, buffered: true });
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
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint") found.fcp = entry.startTime;
  });
  observe("largest-contentful-paint", (entry) => {
    found.lcp = entry.startTime;
    found.element = describe(entry.element);
  });
  // The worst burst of shifts: at most 1 s between two, at most 5 s in all.
  found.shifts = observe("layout-shift", (entry) => {
    if (entry.hadRecentInput) return;
    const goesOn = entry.startTime - session.last < 1000 && entry.startTime - session.first < 5000;
    if (!goesOn || session.value === 0) Object.assign(session, { value: 0, first: entry.startTime });
    session.value += entry.value;
    session.last = entry.startTime;
    found.cls = Math.max(found.cls, session.value);
  });
  const longTasks = observe("longtask", (entry) => tasks.push([entry.startTime, entry.duration]));

  // What tasks of more than 50 ms kept waiting after the first paint.
  const blocked = () =>
    found.fcp === null || !longTasks
      ? null
      : tasks
          .filter(([start]) => start >= found.fcp)
          .reduce((sum, [, duration]) => sum + duration - 50, 0);
  // By host: how many requests and how many bytes. Another site hides its sizes unless it
  // says Timing-Allow-Origin: those are named, so that their Content-Length can stand in.
  const traffic = () => {
    const hosts = {};
    const unsized = [];
    const entries = performance.getEntriesByType("resource");
    for (const entry of [...performance.getEntriesByType("navigation"), ...entries]) {
      let host;
      try {
        host = new URL(entry.name);
      } catch {
        continue;
      }
      if (!host.protocol.startsWith("http")) continue;
      const counts = (hosts[host.origin] ??= [0, 0]);
      counts[0] += 1;
      counts[1] += entry.transferSize || 0;
      const hidden = entry.transferSize === 0 && entry.encodedBodySize === 0;
      if (hidden && unsized.length < 300) unsized.push(entry.name);
    }
    return { hosts, unsized };
  };
  const read = () => {
    const [navigation] = performance.getEntriesByType("navigation");
    const past = (value) => (value > 0 ? value : null);
    return {
      // The browser's own clock starts with its process and may have drifted since.
      began: performance.timeOrigin,
      drift: Date.now() - performance.timeOrigin - performance.now(),
      url: navigation?.name || location.href,
      ttfb_ms: navigation ? past(navigation.responseStart) : null,
      fcp_ms: found.fcp,
      lcp_ms: found.lcp,
      lcp_element: found.element,
      cls: found.shifts ? found.cls : null,
      tbt_ms: blocked(),
      dcl_ms: navigation ? past(navigation.domContentLoadedEventEnd) : null,
      load_ms: navigation ? past(navigation.loadEventEnd) : null,
      traffic: traffic(),
    };
  };
  // Taken before a script of the page can: a page that is left tells its final figures.
  const { debug } = console;
  const tell = () => debug.call(console, `__forepost ${JSON.stringify(read())}`);
  // Right after a fast step the paints are not there yet: wait for them, but briefly.
  const settle = (limit_ms) =>
    new Promise((done) => {
      const end = performance.now() + limit_ms;
      const look = () => {
        const [navigation] = performance.getEntriesByType("navigation");
        const there = found.fcp !== null && found.lcp !== null && navigation?.loadEventEnd > 0;
        if (there || performance.now() >= end) done(read());
        else setTimeout(look, 5);
      };
      look();
    });
  Object.defineProperty(window, "__forepost", { value: Object.freeze({ settle }) });
  addEventListener("beforeunload", tell);
})();
