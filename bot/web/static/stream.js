/** Server-sent events over fetch: EventSource can neither send a token in a header nor be told where to resume. */

/**
 * Yields {event, id, data} for each event of the response. `onBytes` is called for whatever arrives, heartbeats too.
 * Ends when the server closes the stream and throws when the connection breaks.
 */
export async function* events(response, onBytes = () => {}) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    onBytes();
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.replace(/\r\n?/g, "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const event = parse(block);
      if (event.data !== "") yield event;
    }
  }
}

function parse(block) {
  const event = { event: "message", id: null, data: "" };
  const data = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 1) continue; // a comment (heartbeat) or nothing
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event" || field === "id") event[field] = value;
  }
  event.data = data.join("\n");
  return event;
}
