// What every page does: the way out, the menu, local times, questions before big steps.
import { startConfirming } from "./confirm.js";
import { startExit } from "./exit.js";
import { startMenu } from "./menu.js";
import { forgetEverything } from "./storage.js";
import { showLocalTimes } from "./times.js";

startExit();
startMenu();
startConfirming();
showLocalTimes(document);

// Nothing that somebody wrote stays behind for the next person at a shared computer.
if (document.body.dataset.signedIn !== "yes") forgetEverything();
for (const form of document.querySelectorAll("form[data-forget]")) {
  form.addEventListener("submit", forgetEverything);
}
