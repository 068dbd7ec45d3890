/**
 * What somebody does before the scripts of the page are there: kept, and done as soon as they are. A plain script of the head,
 * so that it listens before there is anything to click; the modules have run when the page's content is ready.
 */
(() => {
  const kept = [];

  /** An impatient second click is the first one. */
  function keep(type, target, again) {
    if (!kept.some((each) => each.type === type && each.target === target)) kept.push({ type, target, again });
  }

  const tellAgain = ({ type, target }) => keep(type, target, () => target.dispatchEvent(new Event(type, { bubbles: true })));

  const listeners = {
    click({ target }) {
      const button = target.closest("button[type=button]");
      if (button) keep("click", button, () => button.click());
    },
    submit(event) {
      const { target: form, submitter } = event;
      if (form.hasAttribute("action")) return; // the server answers these by itself
      event.preventDefault();
      keep("submit", form, () => form.requestSubmit(submitter));
    },
    input: tellAgain,
    change: tellAgain,
  };

  for (const [type, listener] of Object.entries(listeners)) document.addEventListener(type, listener, true);
  document.addEventListener("DOMContentLoaded", () => {
    for (const [type, listener] of Object.entries(listeners)) document.removeEventListener(type, listener, true);
    for (const { again } of kept) again();
  });
})();
