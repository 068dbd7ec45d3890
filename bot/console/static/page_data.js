/** What the server wrote into the page for its modules. */

export const data = JSON.parse(document.getElementById("page-data").textContent);
