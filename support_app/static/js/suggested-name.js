// Takes the suggested name over into the field.

for (const button of document.querySelectorAll("[data-take-name]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = document.querySelector('[name="name"]');
    field.value = button.dataset.takeName;
    field.focus();
  });
}
