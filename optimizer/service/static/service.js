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
