// Fills in the sign-in form with one of the demonstration's people.

for (const button of document.querySelectorAll("[data-fill-name]")) {
  button.addEventListener("click", () => {
    document.querySelector('[name="name"]').value = button.dataset.fillName;
    document.querySelector('[name="pass_phrase"]').value = button.dataset.fillPassPhrase;
    document.querySelector('[data-testid="sign-in"]').focus();
  });
}
