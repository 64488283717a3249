"use strict";
// Dropping a file onto an upload sends it; rows of forms are added from a template.
document.addEventListener("dragover", (event) => {
  const zone = event.target.closest(".drop");
  if (zone) { event.preventDefault(); zone.classList.add("over"); }
});
document.addEventListener("dragleave", (event) => {
  const zone = event.target.closest(".drop");
  if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  const zone = event.target.closest(".drop");
  if (!zone) return;
  event.preventDefault();
  zone.classList.remove("over");
  const input = zone.querySelector("input[type=file]");
  if (!event.dataTransfer.files.length) return;
  input.files = event.dataTransfer.files;
  zone.closest("form").requestSubmit();
});
document.addEventListener("change", (event) => {
  if (event.target.matches(".drop input[type=file]") && event.target.files.length) event.target.closest("form").requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-add]");
  if (!button) return;
  const template = document.getElementById(button.dataset.add);
  button.before(template.content.cloneNode(true));
  button.previousElementSibling.querySelector("input, select").focus();
});
// A job that ends loads its page again, unless somebody is typing there; those who wish are notified.
document.addEventListener("job-ended", () => {
  if (document.hidden && "Notification" in window && Notification.permission === "granted") new Notification(document.title);
  const field = document.activeElement;
  if (!(field.matches("input, textarea") && field.value !== field.defaultValue)) location.reload();
});
document.addEventListener("DOMContentLoaded", () => {
  if (!("Notification" in window) || Notification.permission !== "default") return;
  for (const button of document.querySelectorAll("button[data-notify]")) {
    button.hidden = false;
    button.addEventListener("click", () => Notification.requestPermission().then(() => { button.hidden = true; }));
  }
});
// Parts of pages that are loaded again: what has changed is spoken once, and tables stay where they were scrolled to.
const scrolled = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  for (const one of event.target.querySelectorAll(".scroll[id]")) scrolled.set(one.id, [one.scrollLeft, one.scrollTop]);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const one of event.target.querySelectorAll(".scroll[id]")) {
    const [left, top] = scrolled.get(one.id) || [0, 0];
    one.scrollTo(left, top);
  }
  const [state, spoken] = [event.target.querySelector("[data-spoken]"), document.getElementById("spoken")];
  if (state && spoken && spoken.textContent !== state.dataset.spoken) spoken.textContent = state.dataset.spoken;
});
