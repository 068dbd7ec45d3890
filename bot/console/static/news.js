/** Tells a page that something may have changed: from the server's line, and by the clock while that is not enough. */

const EVERY = 30_000; // milliseconds

/** `look` is called while the page is visible; one look ends before the next begins. */
export function whenNews(look) {
  let line = null;
  let looking = false;
  let again = false;

  async function run() {
    if (document.hidden) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        await look();
      } while (again);
    } finally {
      looking = false;
    }
  }

  /** A hidden page keeps no line open: a browser has few of them for one server. */
  function listen() {
    if (document.hidden) {
      line?.close();
      line = null;
    } else if (!line) {
      line = new EventSource("/api/staff/stream?news=true");
      line.addEventListener("news", run);
      line.addEventListener("ended", () => line?.close());
    }
  }

  document.addEventListener("visibilitychange", listen);
  setInterval(run, EVERY);
  listen();
}
