/**
 * What somebody does before the scripts of the page are there: kept, and done as soon as they are. A plain script of the head,
 * so that it listens before there is anything to click; the modules have run when the page's content is ready.
 */
(() => {
  const kept = new Map(); // by what was used: an impatient second click is the first one

  const listeners = {
    click({ target }) {
      const button = target.closest("button[type=button]");
      if (button) kept.set(button, () => button.click());
    },
    submit(event) {
      const { target: form, submitter } = event;
      if (form.hasAttribute("action")) return; // the server answers these by itself
      event.preventDefault();
      kept.set(form, () => form.requestSubmit(submitter));
    },
    change({ target }) {
      kept.set(target, () => target.dispatchEvent(new Event("change", { bubbles: true })));
    },
  };

  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener, true);
  document.addEventListener("DOMContentLoaded", () => {
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, true);
    for (const again of kept.values()) again();
  });
})();
