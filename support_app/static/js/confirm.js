// A question before a step that others will notice.

/** Shows the dialog and answers whether the person said yes. */
export function ask(dialogId) {
  const dialog = document.getElementById(dialogId);
  return new Promise((resolve) => {
    const answer = (event) => {
      const choice = event.target.closest("[data-dialog]")?.dataset.dialog;
      if (choice) dialog.close(choice);
    };
    const closed = () => {
      dialog.removeEventListener("click", answer);
      resolve(dialog.returnValue === "confirm");
    };
    dialog.returnValue = "";
    dialog.addEventListener("click", answer);
    dialog.addEventListener("close", closed, { once: true });
    dialog.showModal();
  });
}

export function startConfirming() {
  for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", async (event) => {
      if (form.dataset.confirmed) return;
      event.preventDefault();
      if (!(await ask(form.dataset.confirm))) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter ?? undefined);
    });
  }
}
