/** Ticks in a worker: a browser slows down the timers of a page in the background, and the lease would end. */
const BEAT_MS = 20_000; // present for 60 s, the lease is 90 s (docs/handoff.md)

setInterval(() => postMessage("beat"), BEAT_MS);
