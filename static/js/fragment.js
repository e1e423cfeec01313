// A secret that travels in the fragment (#…) of a link never reaches a server's log. It is moved into the form's
// field here, and taken out of the address bar; without JavaScript the field is there to paste it into.
const field = document.querySelector("[data-from-fragment]");
const secret = location.hash.slice(1);
if (field && secret) {
  field.value = decodeURIComponent(secret);
  history.replaceState(null, "", location.pathname + location.search);
  field.closest(".field")?.setAttribute("hidden", "");
  if (field.form.hasAttribute("data-send-at-once")) field.form.requestSubmit();
}
